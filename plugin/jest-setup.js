// Jest setup provided by Grafana scaffolding
import './.config/jest-setup';

// react-dom/server (pulled in by @grafana/ui 13) wants a MessageChannel; the one of worker_threads keeps jest from exiting.
global.MessageChannel = class {
  constructor() {
    const port = (other) => ({
      onmessage: null,
      postMessage: (data) => setTimeout(() => this[other].onmessage?.({ data }), 0),
      close() {},
    });
    this.port1 = port('port2');
    this.port2 = port('port1');
  }
};

// jsdom has no canvas; Combobox measures its text with one.
HTMLCanvasElement.prototype.getContext = () => ({ measureText: (text) => ({ width: text.length * 8 }) });
