WITH raised AS (
    UPDATE krewe.cluster SET version = version + 1, changed_at = now()
    WHERE cluster_id = @DeploymentId AND version = @Version
        AND EXISTS (
            SELECT FROM krewe.member m
            WHERE m.cluster_id = @DeploymentId AND m.address = @Address AND m.port = @Port AND m.generation = @Generation)
    RETURNING cluster_id
), changed AS (
    UPDATE krewe.member m SET status = @Status, suspicions = @SuspectTimes, heard_at = @IAmAliveTime
    FROM raised
    WHERE m.cluster_id = raised.cluster_id AND m.address = @Address AND m.port = @Port AND m.generation = @Generation
    RETURNING 1
)
SELECT EXISTS (SELECT FROM changed)
