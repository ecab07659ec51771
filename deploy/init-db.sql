-- Runs once, as the superuser, when PostgreSQL starts on an empty volume: a role and a database for Switchyard, nothing more.
-- The tables come from Switchyard's own migrations, so this role owns its database and is nobody anywhere else.

\getenv password DATABASE_PASSWORD

CREATE ROLE switchyard LOGIN PASSWORD :'password';
CREATE DATABASE switchyard OWNER switchyard;
REVOKE ALL ON DATABASE switchyard FROM PUBLIC;
