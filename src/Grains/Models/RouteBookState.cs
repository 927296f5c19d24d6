namespace Krewe.Grains;

/// <summary>
/// The route book as it lay in the database while it was one row with every route. It is read for the names of the models, whose own rows
/// have their routes, and never written.
/// </summary>
[GenerateSerializer, Immutable, Alias("krewe.route-book-state")]
internal sealed class RouteBookState
{
    /// <summary>The sequence that readers knew last; those since are above it.</summary>
    [Id(0)]
    public long Sequence { get; init; }

    /// <summary>By model; only those about which something was decided.</summary>
    [Id(1)]
    public Dictionary<string, ModelState> Routes { get; init; } = [];
}
