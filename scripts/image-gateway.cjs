#!/usr/bin/env node
// The installed command: the gateway and its command line, or one sentence where Node is too old. Any Node since version 12 can read
// this file. In the project, which brings a Node of its own, it runs with that one.
'use strict';
var childProcess = require('child_process');
var fs = require('fs');
var path = require('path');

var NEEDED = 24;
var chooser = path.join(__dirname, 'node.cjs');

if (Number(process.versions.node.split('.')[0]) >= NEEDED) start();
else if (fs.existsSync(chooser)) startWithOwnNode();
else stop('image-gateway needs Node ' + NEEDED + ' or newer, and this is ' + process.version + '.');

function start() {
  if (!fs.existsSync(path.join(__dirname, '..', 'dist', 'main.js'))) stop('The gateway is not built yet: run "npm run build" first.');
  import('../dist/main.js').catch(function (error) {
    console.error(error);
    process.exit(1);
  });
}

function startWithOwnNode() {
  var chosen = childProcess.spawnSync(process.execPath, [chooser], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (chosen.status !== 0) process.exit(1);
  var child = childProcess.spawn(chosen.stdout.trim(), [__filename].concat(process.argv.slice(2)), { stdio: 'inherit' });
  // A terminal sends SIGINT to both; what a process manager sends arrives here alone.
  process.on('SIGINT', function () {});
  ['SIGTERM', 'SIGHUP'].forEach(function (signal) {
    process.on(signal, function () { child.kill(signal); });
  });
  child.on('error', function (error) { stop(error.message); });
  child.on('exit', function (code) { process.exit(code === null ? 1 : code); });
}

function stop(message) {
  console.error(message);
  process.exit(1);
}
