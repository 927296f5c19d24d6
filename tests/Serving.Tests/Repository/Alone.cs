namespace Krewe.Serving.Tests.Repository;

/// <summary>Tests that measure, or that would disturb those that do: they run when no other test does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
