namespace Krewe.Serving;

/// <summary>A version in memory, as the budget counts it.</summary>
internal sealed record Resident(ServedVersion Version, LoadedModel Model);
