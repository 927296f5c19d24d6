using Krewe.Onnx.Protobuf;

namespace Krewe.Onnx.Building;

/// <summary>Puts a graph together, node by node in topological order. Every call gives back the builder.</summary>
/// <typeparam name="TSelf">The builder itself, so that calls chain.</typeparam>
public abstract class GraphBuilder<TSelf>
    where TSelf : GraphBuilder<TSelf>
{
    private protected GraphBuilder(string name) => Graph = new GraphProto { Name = name };

    internal GraphProto Graph { get; }

    /// <summary>A tensor input; no dimensions at all make it a scalar.</summary>
    public TSelf Input(string name, TensorType type, params ReadOnlySpan<Dimension> shape) =>
        Input(name, ValueKind.Tensor(type, shape));

    /// <summary>An input of any kind.</summary>
    public TSelf Input(string name, ValueKind kind)
    {
        Graph.Input.Add(new ValueInfoProto { Name = name, Type = kind.Message });
        return (TSelf)this;
    }

    /// <summary>A tensor output; no dimensions at all make it a scalar.</summary>
    public TSelf Output(string name, TensorType type, params ReadOnlySpan<Dimension> shape) =>
        Output(name, ValueKind.Tensor(type, shape));

    /// <summary>An output of any kind.</summary>
    public TSelf Output(string name, ValueKind kind)
    {
        Graph.Output.Add(new ValueInfoProto { Name = name, Type = kind.Message });
        return (TSelf)this;
    }

    /// <summary>An output whose type and shape whoever reads the file has to infer.</summary>
    public TSelf UntypedOutput(string name)
    {
        Graph.Output.Add(new ValueInfoProto { Name = name });
        return (TSelf)this;
    }

    /// <summary>A constant of numbers or booleans, row-major; without dimensions it is a scalar.</summary>
    /// <exception cref="ArgumentException">The dimensions do not multiply to the number of values.</exception>
    public TSelf Initializer<T>(string name, T[] values, params ReadOnlySpan<long> shape)
        where T : unmanaged => Initializer(name, Constant.Of<T>(values, shape));

    /// <summary>A constant of strings, row-major; without dimensions it is a scalar.</summary>
    /// <exception cref="ArgumentException">The dimensions do not multiply to the number of values.</exception>
    public TSelf Initializer(string name, string[] values, params ReadOnlySpan<long> shape) =>
        Initializer(name, Constant.Of(values, shape));

    /// <summary>A constant. The same constant cannot be used under a second name.</summary>
    public TSelf Initializer(string name, Constant value)
    {
        if (value.Message.HasName)
        {
            throw new ArgumentException($"The constant is already in use as '{value.Message.Name}'.", nameof(value));
        }

        value.Message.Name = name;
        Graph.Initializer.Add(value.Message);
        return (TSelf)this;
    }

    /// <summary>A node with one output.</summary>
    public TSelf Node(string op, ReadOnlySpan<string> inputs, string output, params ReadOnlySpan<AttributeValue> attributes) =>
        Node(op, inputs, [output], attributes);

    /// <summary>
    /// A node: an operator, the values it reads (an empty name leaves an optional input out), the names of what it makes.
    /// An operator outside the standard set is written <c>domain::Operator</c>.
    /// </summary>
    public TSelf Node(
        string op, ReadOnlySpan<string> inputs, ReadOnlySpan<string> outputs, params ReadOnlySpan<AttributeValue> attributes)
    {
        var node = new NodeProto();
        var colon = op.IndexOf("::", StringComparison.Ordinal);
        node.OpType = colon < 0 ? op : op[(colon + 2)..];
        if (colon >= 0)
        {
            node.Domain = op[..colon];
        }

        node.Input.AddRange(inputs.ToArray());
        node.Output.AddRange(outputs.ToArray());
        foreach (var attribute in attributes)
        {
            node.Attribute.Add(attribute.Message);
        }

        Graph.Node.Add(node);
        return (TSelf)this;
    }
}
