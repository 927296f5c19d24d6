namespace Krewe.Serving.Publishing;

/// <summary>Which repository a process has.</summary>
/// <param name="Id">The same for all processes that share the folder; empty where it has no name and none can be written.</param>
/// <param name="Obstacle">Why nothing can be published here; empty where it can.</param>
public sealed record RepositoryIdentity(string Id, string Obstacle);
