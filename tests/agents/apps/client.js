// Sends one request, and says whether the user's own option is kept.
const http = require('http');
http.get(process.env.PEER, (response) => response.resume());
console.log(`own=${globalThis.own}`);
