using Krewe.Onnx.Protobuf;

namespace Krewe.Onnx.Building;

/// <summary>Builds a graph node by node, in topological order. All methods return the builder.</summary>
/// <typeparam name="TSelf">The builder type, for chaining.</typeparam>
public abstract class GraphBuilder<TSelf>
    where TSelf : GraphBuilder<TSelf>
{
    private protected GraphBuilder(string name) => Graph = new GraphProto { Name = name };

    internal GraphProto Graph { get; }

    /// <summary>A tensor input; a scalar without dimensions.</summary>
    public TSelf Input(string name, TensorType type, params ReadOnlySpan<Dimension> shape) =>
        Input(name, ValueKind.Tensor(type, shape));

    /// <summary>An input of any kind.</summary>
    public TSelf Input(string name, ValueKind kind)
    {
        Graph.Input.Add(new ValueInfoProto { Name = name, Type = kind.Message });
        return (TSelf)this;
    }

    /// <summary>A tensor output; a scalar without dimensions.</summary>
    public TSelf Output(string name, TensorType type, params ReadOnlySpan<Dimension> shape) =>
        Output(name, ValueKind.Tensor(type, shape));

    /// <summary>An output of any kind.</summary>
    public TSelf Output(string name, ValueKind kind)
    {
        Graph.Output.Add(new ValueInfoProto { Name = name, Type = kind.Message });
        return (TSelf)this;
    }

    /// <summary>An output whose type and shape must be inferred.</summary>
    public TSelf UntypedOutput(string name)
    {
        Graph.Output.Add(new ValueInfoProto { Name = name });
        return (TSelf)this;
    }

    /// <summary>A numeric or boolean constant, row-major; a scalar without dimensions.</summary>
    /// <exception cref="ArgumentException">The shape does not match the number of values.</exception>
    public TSelf Initializer<T>(string name, T[] values, params ReadOnlySpan<long> shape)
        where T : unmanaged => Initializer(name, Constant.Of<T>(values, shape));

    /// <summary>A string constant, row-major; a scalar without dimensions.</summary>
    /// <exception cref="ArgumentException">The shape does not match the number of values.</exception>
    public TSelf Initializer(string name, string[] values, params ReadOnlySpan<long> shape) =>
        Initializer(name, Constant.Of(values, shape));

    /// <summary>A constant. A constant can be used under one name only.</summary>
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
    /// A node: operator, input names (empty for an omitted optional input), and output names. An operator outside the standard set is
    /// written <c>domain::Operator</c>.
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
