namespace Krewe.Access.Policies;

/// <summary>The right in an endpoint's metadata.</summary>
public sealed record RightMetadata(Right Right);
