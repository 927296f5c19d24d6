namespace Krewe.Access.Policies;

/// <summary>The right in an endpoint's metadata.</summary>
/// <param name="Right">What it asks of its caller.</param>
/// <param name="IsChange">Whether it changes something, which the audit log shows.</param>
public sealed record RightMetadata(Right Right, bool IsChange);
