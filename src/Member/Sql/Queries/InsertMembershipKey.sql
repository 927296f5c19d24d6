WITH raised AS (
    UPDATE krewe.cluster SET version = version + 1, changed_at = now()
    WHERE cluster_id = @DeploymentId AND version = @Version
        AND NOT EXISTS (
            SELECT FROM krewe.member m
            WHERE m.cluster_id = @DeploymentId AND m.address = @Address AND m.port = @Port AND m.generation = @Generation)
    RETURNING cluster_id
), added AS (
    INSERT INTO krewe.member
        (cluster_id, address, port, generation, name, host, status, client_port, started_at, heard_at)
    SELECT cluster_id, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime
    FROM raised
    RETURNING 1
)
SELECT EXISTS (SELECT FROM added)
