namespace Krewe.Serving.Batching;

/// <summary>Queueing and batching of one version's requests.</summary>
/// <param name="MaxBatchSize">The maximum number of rows in one run; 0 if requests are neither batched nor split.</param>
/// <param name="MaxDelay">How long the first request may wait for others while a runner is free.</param>
/// <param name="MaxLength">The maximum queue length.</param>
/// <param name="MaxConcurrentRuns">The maximum number of concurrent runs.</param>
internal readonly record struct BatchQueueOptions(int MaxBatchSize, TimeSpan MaxDelay, int MaxLength, int MaxConcurrentRuns);
