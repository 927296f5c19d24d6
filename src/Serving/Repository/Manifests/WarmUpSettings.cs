using System.Collections.Immutable;

namespace Krewe.Serving;

/// <summary>The run on made-up input that ends a load.</summary>
internal sealed record WarmUpSettings
{
    public static WarmUpSettings Default { get; } = new();

    public static WarmUpSettings Off { get; } = new() { Enabled = false };

    public bool Enabled { get; init; } = true;

    /// <summary>The size given to a free first dimension.</summary>
    public int Rows { get; init; } = 1;

    /// <summary>Whole shapes (batch dimension included) for the inputs that a made-up shape does not suit.</summary>
    public ImmutableSortedDictionary<string, ImmutableArray<long>> Shapes { get; init; } =
        ImmutableSortedDictionary.Create<string, ImmutableArray<long>>(StringComparer.Ordinal);
}
