#pragma once

#include "common/sql/database.h"

namespace guestbridge::agent {

// Numbered, forward only. A released migration never changes.
inline constexpr Migration kLedgerMigrations[] = {
    {1, "clients, attempts, notes, match index", R"sql(
      CREATE TABLE clients (
        key TEXT PRIMARY KEY,
        link INTEGER NOT NULL,
        contact INTEGER NOT NULL,
        dirty INTEGER NOT NULL,
        exported TEXT NOT NULL,
        mapping_version INTEGER NOT NULL,
        revision INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        exported_unix INTEGER NOT NULL,
        reason TEXT NOT NULL,
        parameters TEXT NOT NULL,
        problem INTEGER NOT NULL,
        refused_hash TEXT NOT NULL,
        answered_refusals INTEGER NOT NULL,
        run INTEGER NOT NULL,
        outcome INTEGER NOT NULL,
        proposed INTEGER NOT NULL,
        write_back INTEGER NOT NULL DEFAULT 0,
        written INTEGER NOT NULL DEFAULT 0,
        queued INTEGER NOT NULL DEFAULT 0,
        write_back_reason TEXT NOT NULL DEFAULT ''
      ) WITHOUT ROWID;
      -- One contact belongs to one client.
      CREATE UNIQUE INDEX clients_contact ON clients(contact) WHERE link = 1;
      CREATE INDEX clients_dirty ON clients(key) WHERE dirty = 1;
      CREATE INDEX clients_run ON clients(run, outcome) WHERE run > 0;
      CREATE INDEX clients_problem ON clients(problem) WHERE problem > 0;
      CREATE INDEX clients_write_back ON clients(queued) WHERE write_back = 1;

      CREATE TABLE chunks (
        chunk INTEGER PRIMARY KEY AUTOINCREMENT,
        high INTEGER NOT NULL
      );
      -- The primary key is what keeps one outstanding attempt per client.
      CREATE TABLE attempts (
        key TEXT PRIMARY KEY,
        chunk INTEGER NOT NULL REFERENCES chunks(chunk),
        ordinal INTEGER NOT NULL,
        kind INTEGER NOT NULL,
        nonce TEXT NOT NULL,
        digest TEXT NOT NULL,
        mapping_version INTEGER NOT NULL,
        recreate INTEGER NOT NULL,
        answered INTEGER NOT NULL DEFAULT 0
      ) WITHOUT ROWID;
      CREATE INDEX attempts_chunk ON attempts(chunk, ordinal);

      CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

      CREATE TABLE match_index (
        key TEXT NOT NULL,
        contact INTEGER NOT NULL,
        PRIMARY KEY (key, contact)
      ) WITHOUT ROWID;
    )sql"},
    {2, "versions of 1C's rows, write-back in order, counts that cost nothing", R"sql(
      -- DataVersion of the row that was last decided about; empty: it must be read.
      ALTER TABLE clients ADD COLUMN version TEXT NOT NULL DEFAULT '';
      -- That version is of our own write-back.
      ALTER TABLE clients ADD COLUMN echo INTEGER NOT NULL DEFAULT 0;
      -- Of the write-back: lower first.
      ALTER TABLE clients ADD COLUMN rank INTEGER NOT NULL DEFAULT 0;
      DROP INDEX clients_write_back;
      CREATE INDEX clients_write_back ON clients(rank, queued) WHERE write_back = 1;
      CREATE INDEX clients_parked ON clients(write_back_reason) WHERE write_back = 3;
      DROP INDEX clients_problem;
      CREATE INDEX clients_missing ON clients(problem, reason)
        WHERE problem > 0 AND problem <> 5;

      -- How many clients are in each state of write-back but none.
      CREATE TABLE write_backs (
        state INTEGER PRIMARY KEY,
        clients INTEGER NOT NULL
      );
      INSERT INTO write_backs(state, clients)
        SELECT 1, count(*) FROM clients WHERE write_back = 1;
      INSERT INTO write_backs(state, clients)
        SELECT 2, count(*) FROM clients WHERE write_back = 2;
      INSERT INTO write_backs(state, clients)
        SELECT 3, count(*) FROM clients WHERE write_back = 3;
      CREATE TRIGGER clients_write_back_moves AFTER UPDATE OF write_back ON clients
        WHEN old.write_back <> new.write_back BEGIN
          UPDATE write_backs SET clients = clients - 1 WHERE state = old.write_back;
          UPDATE write_backs SET clients = clients + 1 WHERE state = new.write_back;
        END;
    )sql"},
    {3, "both sides of a match, and how each pair was found", R"sql(
      -- While a match runs: what each contact says of itself, as digests.
      CREATE TABLE match_contacts (
        contact INTEGER PRIMARY KEY,
        traits TEXT NOT NULL
      );
      -- The same of each client that looks for a contact, and what was found for it.
      CREATE TABLE match_clients (
        client TEXT PRIMARY KEY,
        evidence TEXT NOT NULL,
        contact INTEGER NOT NULL DEFAULT 0,
        rank INTEGER NOT NULL DEFAULT 0,
        verdict TEXT NOT NULL DEFAULT ''
      ) WITHOUT ROWID;
      CREATE INDEX match_clients_contact ON match_clients(contact, rank)
        WHERE contact > 0;
      -- How many clients carry a phone or an e-mail.
      CREATE TABLE match_carriers (
        key TEXT PRIMARY KEY,
        clients INTEGER NOT NULL
      ) WITHOUT ROWID;

      -- Stays: how the pair of a client was found, or between what a person must choose.
      CREATE TABLE pairs (
        client TEXT PRIMARY KEY,
        found_by TEXT NOT NULL,
        certainty INTEGER NOT NULL,
        candidates TEXT NOT NULL,
        refused TEXT NOT NULL
      ) WITHOUT ROWID;
    )sql"},
    {4, "what was done about each client", R"sql(
      -- Appended in the order of time, never changed.
      CREATE TABLE history (
        id INTEGER PRIMARY KEY,
        client BLOB NOT NULL,       -- a GUID's 16 bytes
        previous INTEGER NOT NULL,  -- the same client's entry before; 0: none
        ordinal INTEGER NOT NULL,   -- from 1, in the order of a client's entries
        unix_time INTEGER NOT NULL,
        kind INTEGER NOT NULL,
        run INTEGER NOT NULL,
        mapping_version INTEGER NOT NULL,
        contact INTEGER NOT NULL,
        fields TEXT NOT NULL,
        reason TEXT NOT NULL,
        parameters TEXT NOT NULL
      );
      -- What the server calls a run, by the ledger's number of it.
      CREATE TABLE runs (number INTEGER PRIMARY KEY, name TEXT NOT NULL);
      -- The newest entry; 0: none.
      ALTER TABLE clients ADD COLUMN history INTEGER NOT NULL DEFAULT 0;
      -- Names of the fields that the update writes.
      ALTER TABLE attempts ADD COLUMN fields TEXT NOT NULL DEFAULT '';
    )sql"},
    {5, "clients that were erased", R"sql(
      -- A hash stands for each; nothing else is kept of it.
      CREATE TABLE erased (
        hash TEXT PRIMARY KEY,
        unix_time INTEGER NOT NULL
      ) WITHOUT ROWID;
    )sql"},
    {6, "what a reconciliation found", R"sql(
      CREATE TABLE findings (
        run INTEGER NOT NULL,
        kind INTEGER NOT NULL,
        client TEXT NOT NULL,
        contact INTEGER NOT NULL,
        detail TEXT NOT NULL,
        PRIMARY KEY (run, kind, client)
      ) WITHOUT ROWID;
    )sql"},
    {7, "what the portal said when it refused", R"sql(
      -- Its error code; empty: none.
      ALTER TABLE attempts ADD COLUMN code TEXT NOT NULL DEFAULT '';
    )sql"},
    {8, "contacts on earlier portals", R"sql(
      -- Their IDs, each after a blank: what 1C may go on holding after a move.
      ALTER TABLE clients ADD COLUMN former TEXT NOT NULL DEFAULT '';
    )sql"},
    {9, "additions that may still come", R"sql(
      -- Settled by a complete miss; looked for again for 36 hours.
      CREATE TABLE watched_adds (
        key TEXT NOT NULL,
        nonce TEXT NOT NULL,
        high INTEGER NOT NULL,         -- highest contact ID known before it left
        missed_unix INTEGER NOT NULL,
        late INTEGER NOT NULL,         -- it came, and the settle time was raised for it
        PRIMARY KEY (key, nonce)
      ) WITHOUT ROWID;
    )sql"},
    {10, "one index less to keep for each client", R"sql(
      -- Attempts are few: those that are under way or in doubt.
      DROP INDEX attempts_chunk;
    )sql"},
    {11, "erasures of other ledgers", R"sql(
      -- What the hash was made with; empty: the ledger's own secret, a note.
      ALTER TABLE erased ADD COLUMN secret TEXT NOT NULL DEFAULT '';
    )sql"},
    {12, "a new client is written when its first attempt is settled", R"sql(
      -- Of 1C's row with this content.
      ALTER TABLE attempts ADD COLUMN version TEXT NOT NULL DEFAULT '';
      CREATE VIEW new_clients AS SELECT a.key, a.version FROM attempts a
        WHERE NOT EXISTS (SELECT 1 FROM clients c WHERE c.key = a.key);
    )sql"},
};

}  // namespace guestbridge::agent
