namespace Krewe.Abstractions;

/// <summary>A version that is not loaded any more because loading it took processes down.</summary>
public sealed record QuarantinedVersion(ModelId Model, string Reason);
