-- The database of guestbridge-server and its two roles. Once, as a superuser of PostgreSQL 15:
--
--   psql -v ON_ERROR_STOP=1 -f roles.sql
--   psql -c '\password guestbridge_owner' -c '\password guestbridge_server'
--
-- guestbridge_owner owns the tables: guestbridge-server migrate, copy --to.
-- guestbridge_server is the servers' own: reads and writes rows, changes no table, and only
-- reads schema_migration, from which guestbridge-server migrate takes the right to write.

CREATE ROLE guestbridge_owner LOGIN;
CREATE ROLE guestbridge_server LOGIN;

CREATE DATABASE guestbridge OWNER guestbridge_owner ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE guestbridge FROM PUBLIC;
GRANT CONNECT ON DATABASE guestbridge TO guestbridge_server;

\connect guestbridge
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO guestbridge_server;
-- For the tables that migrations make.
ALTER DEFAULT PRIVILEGES FOR ROLE guestbridge_owner IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO guestbridge_server;
