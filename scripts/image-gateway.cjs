#!/usr/bin/env node
// The installed command: the gateway, or one sentence where Node is too old for it. Any Node since version 12 can read this file.
'use strict';
var NEEDED = 24;
if (Number(process.versions.node.split('.')[0]) < NEEDED) {
  console.error('image-gateway needs Node ' + NEEDED + ' or newer, and this is ' + process.version + '.');
  process.exit(1);
}
import('../dist/main.js').catch(function (error) {
  console.error(error);
  process.exit(1);
});
