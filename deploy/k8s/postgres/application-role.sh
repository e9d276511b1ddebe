# Run once by the image, when it has made its database: the role of workers, which owns what it works on and is no superuser.
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" -v password="$APPLICATION_PASSWORD" <<'SQL'
CREATE ROLE reflectdit LOGIN PASSWORD :'password';
CREATE DATABASE reflectdit OWNER reflectdit;
SQL
# From outside the pod with TLS alone.
sed -i -E 's/^host +all +all +all /hostssl all all all /' "$PGDATA/pg_hba.conf"
