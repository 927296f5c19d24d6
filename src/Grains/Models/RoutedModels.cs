using System.Text;

namespace Krewe.Grains;

/// <summary>Names of models about which something was decided: one of the rows of <see cref="RouteBookGrain"/>. Not changed in place.</summary>
[GenerateSerializer, Immutable, Alias("krewe.routed-models")]
internal sealed class RoutedModels
{
    /// <summary>The models, in the order of their first decisions.</summary>
    [Id(0)]
    public List<string> Models { get; init; } = [];

    /// <summary>The row that a model belongs to, by FNV-1a: the same in every process and for ever.</summary>
    public static int RowOf(string model, int rows) =>
        (int)(Encoding.UTF8.GetBytes(model).Aggregate(2166136261u, static (hash, one) => unchecked((hash ^ one) * 16777619u)) % (uint)rows);

    public RoutedModels With(string model) => Models.Contains(model) ? this : new() { Models = [.. Models, model] };
}
