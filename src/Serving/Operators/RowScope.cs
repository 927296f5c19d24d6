using System.Collections.Immutable;
using Krewe.Serving.OnnxFiles;

namespace Krewe.Serving.Operators;

/// <summary>The values visible to the nodes of a graph: its own, and those of the enclosing graphs.</summary>
internal sealed class RowScope(RowScope? outer, ImmutableDictionary<string, long> opsets, ImmutableArray<OnnxAttribute> attributes,
    int depth)
{
    private readonly Dictionary<string, RowValue> values = new(StringComparer.Ordinal);

    /// <summary>The nesting depth.</summary>
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

    /// <summary>The version of a domain's operator set; 0 if not imported.</summary>
    public long Opset(string domain) => opsets.GetValueOrDefault(domain);

    /// <summary>A scope for a subgraph.</summary>
    public RowScope Enter() => new(this, opsets, attributes, depth + 1);

    /// <summary>A scope for a function body, which sees only the attributes of the call.</summary>
    public RowScope Enter(OnnxFunction function, OnnxNode call) => new(
        null, function.Opsets,
            [.. call.Attributes, .. function.Defaults.Where(given => call.Attributes.All(own => own.Name != given.Name))], depth + 1);

    /// <summary>The node, with attribute references replaced by the attributes of the call.</summary>
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
