DELETE FROM krewe.cluster WHERE cluster_id = @DeploymentId
