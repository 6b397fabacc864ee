"""The roles of the database on AWS, as SQL that its master runs."""

OWNER = "adlens_owner"
FUNCTIONS = "adlens_app"
"""As migration 0018 has it."""
# As the master, who may: the owner of the tables, the role of the functions, and the one extension.
ROLES = f"""
DO $$
BEGIN
    BEGIN CREATE ROLE {OWNER} LOGIN CREATEROLE; EXCEPTION WHEN duplicate_object THEN NULL; END;
    BEGIN CREATE ROLE {FUNCTIONS} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END;
    GRANT rds_iam TO {OWNER}, {FUNCTIONS};
    GRANT {OWNER} TO CURRENT_USER;
    ALTER DATABASE adlens OWNER TO {OWNER};
    CREATE EXTENSION IF NOT EXISTS vector;
END $$
"""
