namespace Krewe.Grains.Interfaces.Tests;

/// <summary>Tests that look at what the whole process shares (the pool of buffers) run one after the other, with nothing beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
