import { render } from 'preact';

render(<main>Sealstream</main>, document.getElementById('console')!);
