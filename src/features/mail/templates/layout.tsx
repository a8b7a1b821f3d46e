import type { VNode } from 'preact';
import { english } from '../english.js';
import type { Letter } from '../letter.js';

/*
 * Mail programs know inline styles only. No background and no text colour is set but on the button: light or dark is
 * the reader's choice. The grey has a contrast of 4.5 and more on white and on black.
 */
const GREY = '#767676';
const ACCENT = '#2563c9';

const page = `margin:0;padding:24px 16px;font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif`;
const column = 'max-width:34em;margin:0 auto';
const paragraph = 'margin:0 0 16px';
const button = `display:inline-block;padding:10px 20px;border-radius:6px;background:${ACCENT};color:#ffffff;text-decoration:none;font-weight:600`;
const small = `margin:0 0 12px;font-size:14px;color:${GREY}`;
const rule = `margin:24px 0 12px;border:0;border-top:1px solid ${GREY}`;
const cell = 'padding:2px 16px 2px 0;vertical-align:top;text-align:left;overflow-wrap:anywhere';

/** The one look of all mails. */
export function Layout({ letter }: { letter: Letter }): VNode {
  return (
    <html lang={english.language}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <meta name="color-scheme" content="light dark" />
        <meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no" />
        <title>{letter.subject}</title>
      </head>
      <body style={page}>
        <div style={column}>
          <p style={paragraph}>{letter.greeting}</p>
          {letter.paragraphs.map((text) => (
            <p style={paragraph}>{text}</p>
          ))}
          <Facts facts={letter.facts} />
          <Action action={letter.action} />
          {letter.notes.map((text) => (
            <p style={small}>{text}</p>
          ))}
          <Stop stop={letter.stop} />
          <hr style={rule} />
          <p style={small}>{letter.footer}</p>
        </div>
      </body>
    </html>
  );
}

function Facts({ facts }: Pick<Letter, 'facts'>): VNode | null {
  if (facts.length === 0) return null;
  return (
    <table style={`${paragraph};border-spacing:0`}>
      {facts.map(([name, value]) => (
        <tr>
          <th scope="row" style={`${cell};font-weight:600`}>
            {name}
          </th>
          <td style={cell}>{value}</td>
        </tr>
      ))}
    </table>
  );
}

/** The link is also there to read and copy: a button hides where it leads. */
function Action({ action }: Pick<Letter, 'action'>): VNode | null {
  if (action === null) return null;
  return (
    <>
      <p style={paragraph}>
        <a href={action.link} style={button}>
          {action.label}
        </a>
      </p>
      <p style={`${small};overflow-wrap:anywhere`}>{action.link}</p>
    </>
  );
}

function Stop({ stop }: Pick<Letter, 'stop'>): VNode | null {
  if (stop === null) return null;
  return (
    <p style={small}>
      <a href={stop.link} style={`color:${GREY}`}>
        {stop.label}
      </a>
    </p>
  );
}
