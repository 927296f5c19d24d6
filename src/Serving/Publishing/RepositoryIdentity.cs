namespace Krewe.Serving.Publishing;

/// <summary>The identity of a process's repository.</summary>
/// <param name="Id">The same for all processes that share the folder; empty if it has no id and none can be written.</param>
/// <param name="Obstacle">Why nothing can be published here; empty if it can.</param>
public sealed record RepositoryIdentity(string Id, string Obstacle);
