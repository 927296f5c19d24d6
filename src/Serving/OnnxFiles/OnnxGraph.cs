using System.Collections.Immutable;
using Krewe.Abstractions.Tensors;

namespace Krewe.Serving.OnnxFiles;

/// <summary>The nodes of a graph or of a body inside one, in the file's order, without weights.</summary>
/// <param name="Inputs">The names of its inputs; in the main graph some may be constants too.</param>
/// <param name="Outputs">The names of its outputs.</param>
/// <param name="Nodes">Its nodes.</param>
/// <param name="Constants">Its initializers.</param>
internal sealed record OnnxGraph(
    ImmutableArray<string> Inputs, ImmutableArray<string> Outputs, ImmutableArray<OnnxNode> Nodes, ImmutableArray<OnnxConstant> Constants);

/// <summary>A node of a graph: an operator and the values that it reads and makes.</summary>
/// <param name="Name">Its name, often empty.</param>
/// <param name="Domain">The operator's domain, empty for the standard one.</param>
/// <param name="Operator">The operator.</param>
/// <param name="Inputs">What it reads; an empty name is an optional input that is left out.</param>
/// <param name="Outputs">What it makes; an empty name is an output that nobody wants.</param>
/// <param name="Attributes">Its attributes.</param>
internal sealed record OnnxNode(
    string Name, string Domain, string Operator, ImmutableArray<string> Inputs, ImmutableArray<string> Outputs,
    ImmutableArray<OnnxAttribute> Attributes);

/// <summary>An attribute of a node. What is not kept of it (strings in lists, types, sparse tensors) is null.</summary>
internal sealed record OnnxAttribute(string Name)
{
    /// <summary>In a function: the attribute of the call that takes its place.</summary>
    public string? Reference { get; init; }

    public long? Integer { get; init; }

    public float? Float { get; init; }

    public string? Text { get; init; }

    public ImmutableArray<long>? Integers { get; init; }

    public ImmutableArray<float>? Floats { get; init; }

    public OnnxConstant? Tensor { get; init; }

    public OnnxGraph? Graph { get; init; }
}

/// <summary>An operator that the model brings itself, as a graph of others.</summary>
/// <param name="Domain">Its domain.</param>
/// <param name="Name">Its name.</param>
/// <param name="Overload">Tells functions of one name apart.</param>
/// <param name="Body">What it does; its inputs and outputs take the place of the node's.</param>
/// <param name="Defaults">Attributes with the value they have where a call does not give them.</param>
/// <param name="Opsets">The operator sets that its body draws on.</param>
internal sealed record OnnxFunction(
    string Domain, string Name, string Overload, OnnxGraph Body, ImmutableArray<OnnxAttribute> Defaults,
    ImmutableDictionary<string, long> Opsets);

/// <summary>An input or output of a graph.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its element type; null where it is no tensor, or of a type the protocol does not have.</param>
/// <param name="Kind">What it is, for messages: <c>tensor(float)</c>, <c>sequence</c>, <c>map</c>, <c>optional</c>, ...</param>
/// <param name="Shape">Its dimensions; null where the rank is unknown.</param>
internal sealed record OnnxValueInfo(string Name, TensorType? Type, string Kind, ImmutableArray<OnnxDimension>? Shape)
{
    /// <summary>The kind of a value whose type the file does not say.</summary>
    public const string NoType = "no type";

    /// <summary>The kind of what a classifier's probabilities become by ZipMap.</summary>
    public const string Maps = "sequence of maps";

    /// <summary>True where the file leaves the type open: ONNX Runtime infers that of an output.</summary>
    public bool HasNoType => Kind == NoType;
}

/// <summary>A constant tensor of a graph: what it is, and its values where they are few and lie in the file.</summary>
/// <param name="Name">Its name; empty for one in an attribute.</param>
/// <param name="Type">The number of its element type (<c>TensorProto.DataType</c>).</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Integers">The values of whole numbers and booleans; null where they were not read.</param>
/// <param name="Floats">The values of single-precision numbers; null where they were not read.</param>
internal sealed record OnnxConstant(
    string Name, ulong Type, ImmutableArray<long> Shape, ImmutableArray<long>? Integers, ImmutableArray<float>? Floats);

/// <summary>One dimension of a declared shape: a number, a symbol (<c>batch</c>), or neither: free.</summary>
internal readonly record struct OnnxDimension(long? Value, string? Symbol);

/// <summary>A file with weights beside the model.</summary>
/// <param name="Location">Its path as the model says it, unchecked.</param>
/// <param name="MinLength">The bytes it must have to hold all that the model looks for in it.</param>
internal readonly record struct OnnxExternalFile(string Location, long MinLength);
