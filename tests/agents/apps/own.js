globalThis.own = 'kept';
