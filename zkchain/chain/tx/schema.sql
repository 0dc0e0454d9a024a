-- One journal for each chain and account. A transaction is what was meant; its attempts are what was signed for it.
-- Nothing here is secret: a signed transaction is for everyone to read.

CREATE TABLE transactions (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  key         TEXT UNIQUE,              -- whoever asks for this key again gets this transaction; NULL: nobody does
  label       TEXT NOT NULL,            -- what it is for, as it is listed
  state       TEXT NOT NULL CHECK (state IN
              ('planned', 'sent', 'mined', 'final', 'replaced', 'reverted', 'cancelled')),
  recipient   TEXT,                     -- NULL: a contract is created
  data        BLOB NOT NULL,
  gas         INTEGER NOT NULL,
  nonce       INTEGER,                  -- NULL until one is leased
  owner       TEXT NOT NULL,            -- the process that signs it, until lease_until; then whoever comes
  lease_until REAL NOT NULL,
  mined_hash  TEXT,                     -- the attempt that was mined, and where
  block       INTEGER,
  block_hash  TEXT,
  status      INTEGER,
  gas_used    INTEGER,
  contract    TEXT,
  note        TEXT NOT NULL DEFAULT '', -- the latest trouble
  created     REAL NOT NULL,
  updated     REAL NOT NULL
);

-- No two transactions have one nonce, whatever the code above does.
CREATE UNIQUE INDEX nonce_of_one ON transactions (nonce) WHERE nonce IS NOT NULL;
CREATE INDEX open_ones ON transactions (state) WHERE state IN ('planned', 'sent', 'mined');

CREATE TABLE attempts (
  hash        TEXT PRIMARY KEY,
  id          INTEGER NOT NULL REFERENCES transactions (id) ON DELETE CASCADE,
  nonce       INTEGER NOT NULL,
  kind        TEXT NOT NULL CHECK (kind IN ('send', 'bump', 'cancel')),
  raw         BLOB NOT NULL,
  max_fee     TEXT NOT NULL,            -- wei; text, since a node may name any number
  tip         TEXT NOT NULL,
  legacy      INTEGER NOT NULL,
  created     REAL NOT NULL
);
CREATE INDEX attempts_of ON attempts (id);

-- Planned, and not signed under the nonce it has.
CREATE VIEW unsigned AS
  SELECT id FROM transactions WHERE state = 'planned' AND NOT EXISTS
  (SELECT 1 FROM attempts WHERE attempts.id = transactions.id AND attempts.nonce = transactions.nonce);

-- 'identity': chain, account and, on a devnet, the genesis; 'watch': who follows the chain now, and until when.
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
