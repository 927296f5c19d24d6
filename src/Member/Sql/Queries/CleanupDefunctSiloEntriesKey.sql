DELETE FROM krewe.member WHERE cluster_id = @DeploymentId AND heard_at < @IAmAliveTime AND status = 6
