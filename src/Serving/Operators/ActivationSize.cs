using System.Collections.Immutable;
using Krewe.Serving.OnnxFiles;

namespace Krewe.Serving.Operators;

/// <summary>
/// How the intermediate values (activations) of a run grow with the free dimensions of its inputs, as far as shapes tell: for each product
/// of powers of them, the most elements that one value has. Exact for products of dimensions; near for windows that cut an edge.
/// </summary>
/// <param name="Dimensions">Where each free dimension is found: indices of inputs, and axes.</param>
/// <param name="Terms">The largest value of each kind of growth.</param>
internal sealed record ActivationSize(
    ImmutableArray<ImmutableArray<(int Input, int Axis)>> Dimensions, ImmutableArray<ActivationTerm> Terms)
{
    /// <summary>The size at which growth is measured: small against overflows, large against the edges of windows.</summary>
    private const int Base = 256;

    /// <summary>More free dimensions than this count as one.</summary>
    private const int MaxDimensions = 8;

    /// <summary>Nothing is known.</summary>
    public static ActivationSize Unknown { get; } = new([], []);

    /// <summary>Analyses a graph; pure, and bounded in time.</summary>
    /// <param name="file">The file.</param>
    /// <param name="rows">What the row analysis says of it: rows that are independent are counted symbolically.</param>
    public static ActivationSize Of(OnnxFileSummary file, RowVerdict rows)
    {
        if (file.Graph is null || file.Inputs.Any(static input => input.Shape is null))
        {
            return Unknown;
        }

        var isByRow = rows.Dependence == RowDependence.Independent;
        var places = PlacesOf(file);
        var atBase = Measure(file, places, doubled: -1, isByRow);
        var doubled = places.Select((_, i) => isByRow && i == 0 ? atBase : Measure(file, places, i, isByRow)).ToArray();
        var terms = new Dictionary<string, ActivationTerm>(StringComparer.Ordinal);
        foreach (var (name, size) in atBase)
        {
            var powers = doubled.Select((sizes, i) => isByRow && i == 0 ? size.Rows
                : sizes.TryGetValue(name, out var twice) ? (int)Math.Round(Math.Log2(twice.Elements / size.Elements))
                : 0).ToImmutableArray();
            var numbered = isByRow ? powers.Skip(1) : powers;
            var term = new ActivationTerm(size.Elements / Math.Pow(Base, numbered.Sum()), powers);
            var key = string.Join(' ', powers);
            terms[key] = terms.TryGetValue(key, out var known) && known.Elements > term.Elements ? known : term;
        }

        return new ActivationSize([.. places.Select(static place => place.ToImmutableArray())], [.. terms.Values]);
    }

    /// <summary>
    /// The most elements that two values have together, the inputs and outputs of a node: what a run needs at once.
    /// </summary>
    /// <param name="sizes">The size of each of <see cref="Dimensions"/>.</param>
    public double ElementsAtOnce(ReadOnlySpan<double> sizes)
    {
        var sum = 0.0;
        foreach (var term in Terms)
        {
            var product = term.Elements;
            for (var i = 0; i < sizes.Length; i++)
            {
                for (var power = term.Powers[i]; power > 0; power--)
                {
                    product *= sizes[i];
                }
            }

            sum += product;
        }

        return 2 * sum;
    }

    /// <summary>Free dimensions with one name are one; first axes are rows, and other axes without a name one for each position.</summary>
    private static List<List<(int Input, int Axis)>> PlacesOf(OnnxFileSummary file)
    {
        var places = new Dictionary<string, List<(int, int)>>(StringComparer.Ordinal) { ["axis 0"] = [] };
        for (var input = 0; input < file.Inputs.Length; input++)
        {
            var shape = file.Inputs[input].Shape!.Value;
            for (var axis = 0; axis < shape.Length; axis++)
            {
                if (shape[axis].Value is null)
                {
                    var name = axis > 0 && shape[axis].Symbol is { Length: > 0 } symbol ? symbol : $"axis {axis}";
                    name = places.ContainsKey(name) || places.Count < MaxDimensions ? name : places.Keys.Last();
                    places.TryAdd(name, []);
                    places[name].Add((input, axis));
                }
            }
        }

        return [.. places.Values];
    }

    /// <summary>The sizes of the values whose shapes are known, where all free dimensions are equal, and one is twice that.</summary>
    private static Dictionary<string, (double Elements, int Rows)> Measure(
        OnnxFileSummary file, List<List<(int Input, int Axis)>> places, int doubled, bool isByRow)
    {
        var sizes = new Dictionary<string, (double Elements, int Rows)>(StringComparer.Ordinal);
        RowAnalysis.Trace(
            file, isByRow,
            (input, axis) => Extent.Of(places.FindIndex(place => place.Contains((input, axis))) == doubled ? 2 * Base : Base),
            (name, value) =>
            {
                if (value.Shape is not { } shape || !shape.All(static extent => extent.Symbols.All(Extent.IsBatch)))
                {
                    return;
                }

                var elements = shape.Aggregate(1.0, static (product, extent) => product * extent.Factor);
                if (elements > 0 && !(sizes.TryGetValue(name, out var known) && known.Elements >= elements))
                {
                    sizes[name] = (elements, shape.Sum(static extent => extent.Symbols.Length));
                }
            });
        return sizes;
    }
}

/// <summary>The most elements of a value: a number times powers of the free dimensions.</summary>
/// <param name="Elements">The number.</param>
/// <param name="Powers">The power of each free dimension.</param>
internal readonly record struct ActivationTerm(double Elements, ImmutableArray<int> Powers);
