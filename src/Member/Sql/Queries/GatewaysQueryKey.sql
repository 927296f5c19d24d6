SELECT address AS Address, client_port AS ProxyPort, generation AS Generation
FROM krewe.member
WHERE cluster_id = @DeploymentId AND status = @Status AND client_port > 0
