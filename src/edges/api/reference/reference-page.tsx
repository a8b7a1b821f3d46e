import type { OpenAPIObject } from '@nestjs/swagger';
import type { ComponentChildren, VNode } from 'preact';
import { Layout } from '../../pages/templates/layout.js';
import { PROBLEMS } from '../problems/problem-list.js';
import { fieldsOf, operationsOf, type FieldText, type OperationText } from './reference-text.js';

interface ReferenceProps {
  readonly document: OpenAPIObject;
  readonly publicUrl: string;
}

/** The OpenAPI file for reading: no script, one page, every problem under its own anchor. */
export function ReferencePage({ document, publicUrl }: ReferenceProps): VNode {
  const operations = operationsOf(document);
  return (
    <Layout heading="API reference" isWide>
      <Paragraphs text={document.info.description ?? ''} />
      <p>
        Address: <code>{publicUrl}/api/v1</code>. For programs:{' '}
        <a href="/api/v1/openapi.json">openapi.json</a>.
      </p>
      <h2>Operations</h2>
      <Contents operations={operations} />
      {operations.map((operation) => (
        <Operation key={operation.id} {...operation} />
      ))}
      <h2>Shapes</h2>
      {Object.entries(document.components?.schemas ?? {}).map(([name, schema]) => (
        <Shape key={name} name={name} fields={fieldsOf(schema)} />
      ))}
      <h2>Problems</h2>
      <dl>
        {Object.entries(PROBLEMS).map(([code, { status, title, advice }]) => (
          <div key={code} id={code}>
            <dt>
              <code>{code}</code> ({status})
            </dt>
            <dd>
              {title}. <Code text={advice} />
            </dd>
          </div>
        ))}
      </dl>
    </Layout>
  );
}

function Contents({ operations }: { operations: readonly OperationText[] }): VNode {
  return (
    <ul>
      {operations.map(({ id, method, path, summary }) => (
        <li key={id}>
          <a href={`#${id}`}>{summary}</a>:{' '}
          <code>
            {method} {path}
          </code>
        </li>
      ))}
    </ul>
  );
}

function Operation({
  id,
  method,
  path,
  summary,
  description,
  scopes,
  parameters,
  answers,
}: OperationText): VNode {
  return (
    <section id={id}>
      <h3>{summary}</h3>
      <p>
        <code>
          {method} {path}
        </code>
      </p>
      <p>
        <Code text={description} />
      </p>
      <p>{scopes}</p>
      <Fields fields={parameters} />
      <Fields fields={answers} />
    </section>
  );
}

function Shape({ name, fields }: { name: string; fields: readonly FieldText[] }): VNode | null {
  if (fields.length === 0) return null;
  return (
    <section id={`shape-${name}`}>
      <h3>{name}</h3>
      <Fields fields={fields} />
    </section>
  );
}

function Fields({ fields }: { fields: readonly FieldText[] }): VNode | null {
  if (fields.length === 0) return null;
  return (
    <dl>
      {fields.map(({ name, type, text }) => (
        <div key={name}>
          <dt>
            <code>{name}</code> {type}
          </dt>
          <dd>
            <Code text={text} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Paragraphs({ text }: { text: string }): VNode {
  return (
    <>
      {text.split('\n\n').map((paragraph) => (
        <p key={paragraph}>
          <Code text={paragraph} />
        </p>
      ))}
    </>
  );
}

/** `code` between backticks, as in the OpenAPI file. */
function Code({ text }: { text: string }): VNode {
  const parts: ComponentChildren[] = text
    .split('`')
    .map((part, at) => (at % 2 === 1 ? <code key={at}>{part}</code> : part));
  return <>{parts}</>;
}
