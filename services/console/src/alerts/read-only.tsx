import { Icon } from '../ui/icon.js';

/** Said once a page, in the place of buttons that would be refused. */
export const ReadOnly = () => (
  <p class="alerts-note" role="note">
    <Icon name="lock" size={14} />
    <span>
      You may look, not change: that needs the permission <code>manage:alerts</code>.
    </span>
  </p>
);
