// Signs and verifies with npm's jose. See README.md.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const modules = process.env.COUNTERFOIL_TEST_NODE_MODULES;
const jose = await import(pathToFileURL(createRequire(join(modules, 'from-here.js')).resolve('jose')));

async function sign({ alg, claims }) {
  const header = { alg, typ: 'at+jwt', kid: 'theirs' };
  const named = { alg, kid: 'theirs' };
  if (alg.startsWith('HS')) {
    const key = await jose.generateSecret(alg, { extractable: true });
    const jwk = { ...(await jose.exportJWK(key)), ...named };
    return { token: await new jose.SignJWT(claims).setProtectedHeader(header).sign(key), public: jwk, private: jwk };
  }
  const { publicKey, privateKey } = await jose.generateKeyPair(alg, { extractable: true });
  return {
    token: await new jose.SignJWT(claims).setProtectedHeader(header).sign(privateKey),
    public: { ...(await jose.exportJWK(publicKey)), ...named },
    private: { ...(await jose.exportJWK(privateKey)), ...named },
    pem: await jose.exportPKCS8(privateKey),
  };
}

async function verify({ alg, jwk, token }) {
  const key = await jose.importJWK(jwk, alg);
  const { payload } = await jose.jwtVerify(token, key, { algorithms: [alg], typ: 'at+jwt' });
  return { claims: payload };
}

async function answer(job) {
  try {
    return await (job.do === 'sign' ? sign(job) : verify(job));
  } catch (error) {
    return { error: String(error) };
  }
}

const answers = [];
for (const job of JSON.parse(readFileSync(0, 'utf8'))) answers.push(await answer(job));
console.log(JSON.stringify(answers));
