// node openai.mjs URL: what an application does with the openai client, plain, streamed and wrong.
import assert from 'node:assert/strict';
import OpenAI from 'openai';

const client = new OpenAI({ baseURL: `${process.argv[2]}/v1`, apiKey: 'any', maxRetries: 0 });
const say = (content) => [{ role: 'user', content }];

const models = (await client.models.list()).data.map((m) => m.id);
assert(models.includes('hearth'), 'the assistant is listed');
assert.equal((await client.models.retrieve('hearth')).object, 'model');

const plain = await client.chat.completions.create({ model: 'hearth', messages: say('你好') });
assert.equal(plain.object, 'chat.completion');
assert.equal(plain.choices[0].message.role, 'assistant');
assert(plain.choices[0].message.content.length > 0, 'there is an answer');
assert.equal(plain.choices[0].finish_reason, 'stop');
assert(plain.usage.prompt_tokens > 0 && plain.usage.total_tokens === plain.usage.prompt_tokens + plain.usage.completion_tokens, 'usage adds up');
assert(plain._request_id.startsWith('req_'), 'request id');

let text = '', usage = null, finish = null;
const ids = new Set();
for await (const chunk of await client.chat.completions.create({ model: 'hearth', messages: say('你好'), stream: true, stream_options: { include_usage: true } })) {
  ids.add(chunk.id);
  assert.equal(chunk.object, 'chat.completion.chunk');
  text += chunk.choices[0]?.delta?.content ?? '';
  finish = chunk.choices[0]?.finish_reason ?? finish;
  usage = chunk.usage ?? usage;
}
assert.equal(text, plain.choices[0].message.content, 'the stream says the same');
assert.equal(ids.size, 1);
assert.equal(finish, 'stop');
assert.equal(usage.total_tokens, plain.usage.total_tokens);

// a conversation, with parts, a system message and a place
const longer = await client.chat.completions.create({
  model: 'hearth', metadata: { area: '客厅' }, temperature: 0.2, user: 'u',
  messages: [{ role: 'system', content: 'be brief' }, ...say('你好'), { role: 'assistant', content: text }, { role: 'user', content: [{ type: 'text', text: '再说一遍' }] }],
});
assert(longer.choices[0].message.content.length > 0);

// two at once
const both = await Promise.all([1, 2].map(() => client.chat.completions.create({ model: 'hearth', messages: say('你好') })));
assert(both.every((r) => r.choices[0].message.content === text), 'answers do not mix');

// the SDK's own helper for streams
assert.equal(await client.chat.completions.stream({ model: 'hearth', messages: say('你好') }).finalContent(), text);

async function refused(kind, code, param, fn) {
  const error = await fn().then(() => null, (e) => e);
  assert(error instanceof kind, `${kind.name} expected, got ${error}`);
  assert.equal(error.code, code);
  assert.equal(error.param, param);
  assert(error.message.length > 10 && error.type);
}
const ask = (body) => () => client.chat.completions.create(body);
await refused(OpenAI.NotFoundError, 'model_not_found', 'model', ask({ model: 'gpt-none', messages: say('x') }));
await refused(OpenAI.BadRequestError, 'invalid_value', 'messages', ask({ model: 'hearth', messages: [] }));
await refused(OpenAI.BadRequestError, 'unsupported_parameter', 'n', ask({ model: 'hearth', messages: say('x'), n: 2 }));
await refused(OpenAI.BadRequestError, 'unsupported_content', 'messages[0].content', ask({ model: 'hearth', messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:,' } }] }] }));
await refused(OpenAI.NotFoundError, 'unknown_url', null, () => client.embeddings.create({ model: 'hearth', input: 'x' }));

// an abandoned stream does not harm the next request
const controller = new AbortController();
const abandoned = await client.chat.completions.create({ model: 'hearth', messages: say('你好'), stream: true }, { signal: controller.signal });
for await (const chunk of abandoned) { if (chunk) controller.abort(); break; }
assert.equal((await client.chat.completions.create({ model: 'hearth', messages: say('你好') })).choices[0].message.content, text);
console.log('openai client: ok');
