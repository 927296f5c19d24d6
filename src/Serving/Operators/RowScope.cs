using System.Collections.Immutable;
using Krewe.Serving.OnnxFiles;

namespace Krewe.Serving.Operators;

/// <summary>The values that nodes of one graph see: its own, and those of the graphs around it.</summary>
internal sealed class RowScope(RowScope? outer, ImmutableDictionary<string, long> opsets, ImmutableArray<OnnxAttribute> attributes,
    int depth)
{
    private readonly Dictionary<string, RowValue> values = new(StringComparer.Ordinal);

    /// <summary>How many graphs are around it.</summary>
    public int Depth => depth;

    public void Set(string name, RowValue value) => values[name] = value;

    public RowValue? Find(string name)
    {
        for (var scope = this; scope is not null; scope = scope.Outer)
        {
            if (scope.values.TryGetValue(name, out var value))
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>The version of the operator set that a domain has here; 0 where none is imported.</summary>
    public long Opset(string domain) => opsets.GetValueOrDefault(domain);

    /// <summary>A scope for a graph inside this one.</summary>
    public RowScope Enter() => new(this, opsets, attributes, depth + 1);

    /// <summary>A scope for the body of a function, which sees nothing of this one but the attributes of its call.</summary>
    public RowScope Enter(OnnxFunction function, OnnxNode call) => new(
        null, function.Opsets,
            [.. call.Attributes, .. function.Defaults.Where(given => call.Attributes.All(own => own.Name != given.Name))], depth + 1);

    /// <summary>The node with the attributes of the call in place of references to them.</summary>
    public OnnxNode Resolve(OnnxNode node) => node.Attributes.All(attribute => attribute.Reference is null)
        ? node
        : node with
        {
            Attributes =
            [
                .. node.Attributes.Select(attribute => attribute.Reference is not { } name ? attribute
                        : attributes.FirstOrDefault(given => given.Name == name) is { } value ? value with { Name = attribute.Name } : null)
                    .OfType<OnnxAttribute>(),
            ],
        };

    private RowScope? Outer => outer;
}
