#!/usr/bin/env bash
# Runs once, when the database is created. Two roles: krewe_owner creates the tables (the service init-db), and krewe, which the
# programs use, may read and write rows but not create or drop anything.
set -euo pipefail

# psql reads the passwords itself: arguments of a process are visible to others.
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
\set owner_password `cat /run/secrets/krewe-owner-password`
\set password `cat /run/secrets/krewe-password`
CREATE ROLE krewe_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE krewe LOGIN PASSWORD :'password';
CREATE DATABASE krewe OWNER krewe_owner;
REVOKE ALL ON DATABASE krewe, postgres FROM PUBLIC;
GRANT CONNECT ON DATABASE krewe TO krewe;
\connect krewe
REVOKE ALL ON SCHEMA public FROM PUBLIC;
CREATE SCHEMA krewe AUTHORIZATION krewe_owner;
GRANT USAGE ON SCHEMA krewe TO krewe;
ALTER DEFAULT PRIVILEGES FOR ROLE krewe_owner IN SCHEMA krewe GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO krewe;
ALTER DEFAULT PRIVILEGES FOR ROLE krewe_owner IN SCHEMA krewe GRANT USAGE ON SEQUENCES TO krewe;
SQL
