import './button.css';
import type { ButtonHTMLAttributes, ComponentChildren } from 'preact';
import { Icon, type IconName } from './icon.js';

export interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'icon' | 'size' | 'label'> {
  look?: 'plain' | 'primary' | 'quiet' | 'danger';
  icon?: IconName;
  /** Of a button that shows its icon only: what it does, also as its hint. */
  label?: string;
  small?: boolean;
  children?: ComponentChildren;
}

const classesOf = (look: string, small: boolean, onlyIcon: boolean, more: unknown): string =>
  ['button', look, small && 'small', onlyIcon && 'only-icon', more].filter(Boolean).join(' ');

export function Button({ look = 'plain', icon, label, small = false, children, class: more, ...rest }: ButtonProps) {
  const onlyIcon = children === undefined || children === null;
  return (
    <button
      type="button"
      class={classesOf(look, small, onlyIcon, more)}
      {...(label ? { 'aria-label': label, title: label } : {})}
      {...rest}
    >
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

/** A link that looks like a button: for what leads elsewhere. */
export function ButtonLink({
  href,
  look = 'plain',
  icon,
  small = false,
  download,
  children,
}: {
  href: string;
  look?: 'plain' | 'primary' | 'quiet';
  icon?: IconName;
  small?: boolean;
  download?: string;
  children: ComponentChildren;
}) {
  return (
    <a class={classesOf(look, small, false, undefined)} href={href} {...(download === undefined ? {} : { download })}>
      {icon && <Icon name={icon} />}
      {children}
    </a>
  );
}
