import './code-editor.css';
import { useId, useMemo, useRef } from 'preact/hooks';
import { piecesOf } from './highlight.js';

/** What is said of a line, from 1. */
export interface LineNote {
  line: number;
  tone: 'bad' | 'warn';
  text: string;
}

/**
 * A text with numbered lines, its parts told apart, and what is wrong said at its line. The text itself is a textarea, so that every keyboard,
 * reader and browser knows what to do with it; what is seen lies below it.
 */
export function CodeEditor({
  label,
  value,
  onInput,
  notes,
  disabled = false,
  onSave,
}: {
  label: string;
  value: string;
  onInput: (value: string) => void;
  notes: readonly LineNote[];
  disabled?: boolean;
  onSave?: () => void;
}) {
  const id = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const lines = useMemo(() => value.split('\n').map(piecesOf), [value]);
  const goTo = (line: number): void => {
    const element = area.current;
    if (!element) return;
    const start = value.split('\n', line - 1).join('\n').length + (line > 1 ? 1 : 0);
    element.focus();
    element.setSelectionRange(start, start);
    element.closest('.code')?.scrollTo({ top: ((line - 3) * element.clientHeight) / Math.max(1, lines.length) });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const element = area.current!;
    if (event.key === 's' && (event.metaKey || event.ctrlKey)) {
      event.preventDefault();
      onSave?.();
    }
    // Tab leaves, as everywhere; Enter goes on as deep as the line before.
    if (event.key !== 'Enter' || event.isComposing || event.ctrlKey || event.metaKey) return;
    const before = element.value.slice(0, element.selectionStart);
    const depth = /(?:^|\n)( *)(?:- )?[^\n]*$/.exec(before)?.[1] ?? '';
    const deeper = /:\s*$/.test(before) ? `${depth}  ` : depth;
    if (deeper === '') return;
    event.preventDefault();
    element.setRangeText(`\n${deeper}`, element.selectionStart, element.selectionEnd, 'end');
    onInput(element.value);
  };
  return (
    <div class="code-box">
      <div class="code">
        <div class="code-lines" aria-hidden="true">
          {lines.map((pieces, at) => {
            const own = notes.filter(({ line }) => line === at + 1);
            const tone = own.some((note) => note.tone === 'bad') ? 'bad' : own.length > 0 ? 'warn' : '';
            return (
              <div key={String(at)} class={`code-line ${tone}`}>
                <span class="code-number">{at + 1}</span>
                <span class="code-text">
                  {pieces.map(({ kind, text }, index) => (
                    <span key={String(index)} class={`code-${kind}`}>
                      {text}
                    </span>
                  ))}
                  {own.length > 0 && <span class={`code-note ${tone}`}>{own.map(({ text }) => text).join(' · ')}</span>}
                </span>
              </div>
            );
          })}
        </div>
        <textarea
          ref={area}
          id={id}
          aria-label={label}
          {...(notes.some(({ tone }) => tone === 'bad') ? { 'aria-invalid': 'true' as const } : {})}
          aria-describedby={`${id}-notes`}
          spellcheck={false}
          autocomplete="off"
          autocapitalize="off"
          wrap="off"
          readOnly={disabled}
          rows={lines.length}
          value={value}
          onInput={(event) => onInput(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
      </div>
      <div class="code-notes" id={`${id}-notes`} role="status">
        <ul>
          {notes.map(({ line, tone, text }) => (
            <li key={`${line} ${text}`} class={tone}>
              <button type="button" onClick={() => goTo(line)}>
                Line {line}
              </button>
              <span>{text}</span>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}
