using System.Collections.Immutable;
using Krewe.Abstractions.Tensors;

namespace Krewe.Serving.OnnxFiles;

/// <summary>The nodes of a graph or subgraph, in file order, without weights.</summary>
/// <param name="Inputs">The names of its inputs; in the main graph, some may also be initializers.</param>
/// <param name="Outputs">The names of its outputs.</param>
/// <param name="Nodes">Its nodes.</param>
/// <param name="Constants">Its initializers.</param>
internal sealed record OnnxGraph(
    ImmutableArray<string> Inputs, ImmutableArray<string> Outputs, ImmutableArray<OnnxNode> Nodes, ImmutableArray<OnnxConstant> Constants);

/// <summary>A node: an operator with its input and output values.</summary>
/// <param name="Name">Its name, often empty.</param>
/// <param name="Domain">The operator's domain, empty for the standard one.</param>
/// <param name="Operator">The operator type.</param>
/// <param name="Inputs">The input names; an empty name is an omitted optional input.</param>
/// <param name="Outputs">The output names; an empty name is an unused output.</param>
/// <param name="Attributes">Its attributes.</param>
internal sealed record OnnxNode(
    string Name, string Domain, string Operator, ImmutableArray<string> Inputs, ImmutableArray<string> Outputs,
    ImmutableArray<OnnxAttribute> Attributes);

/// <summary>An attribute of a node. Parts that are not kept (string lists, types, sparse tensors) are null.</summary>
internal sealed record OnnxAttribute(string Name)
{
    /// <summary>Inside a function: the name of the call's attribute to substitute.</summary>
    public string? Reference { get; init; }

    public long? Integer { get; init; }

    public float? Float { get; init; }

    public string? Text { get; init; }

    public ImmutableArray<long>? Integers { get; init; }

    public ImmutableArray<float>? Floats { get; init; }

    public OnnxConstant? Tensor { get; init; }

    public OnnxGraph? Graph { get; init; }
}

/// <summary>A function: an operator defined in the model as a graph of others.</summary>
/// <param name="Domain">Its domain.</param>
/// <param name="Name">Its name.</param>
/// <param name="Overload">Distinguishes functions of the same name.</param>
/// <param name="Body">Its body; the inputs and outputs are bound to those of the node.</param>
/// <param name="Defaults">Attributes with their default values.</param>
/// <param name="Opsets">The operator sets imported by the body.</param>
internal sealed record OnnxFunction(
    string Domain, string Name, string Overload, OnnxGraph Body, ImmutableArray<OnnxAttribute> Defaults,
    ImmutableDictionary<string, long> Opsets);

/// <summary>An input or output of a graph.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its element type; null if it is not a tensor, or of a type the protocol does not support.</param>
/// <param name="Kind">Its kind, for messages: <c>tensor(float)</c>, <c>sequence</c>, <c>map</c>, <c>optional</c>, ...</param>
/// <param name="Shape">Its dimensions; null if the rank is unknown.</param>
internal sealed record OnnxValueInfo(string Name, TensorType? Type, string Kind, ImmutableArray<OnnxDimension>? Shape)
{
    /// <summary>The kind of a value without a type in the file.</summary>
    public const string NoType = "no type";

    /// <summary>The kind that ZipMap produces from a classifier's probabilities.</summary>
    public const string Maps = "sequence of maps";

    /// <summary>True if the file leaves the type open; ONNX Runtime infers it for outputs.</summary>
    public bool HasNoType => Kind == NoType;
}

/// <summary>A constant tensor; its values are kept if they are few and embedded in the file.</summary>
/// <param name="Name">Its name; empty inside an attribute.</param>
/// <param name="Type">The number of its element type (<c>TensorProto.DataType</c>).</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Integers">Integer and boolean values; null if not read.</param>
/// <param name="Floats">Single-precision values; null if not read.</param>
internal sealed record OnnxConstant(
    string Name, ulong Type, ImmutableArray<long> Shape, ImmutableArray<long>? Integers, ImmutableArray<float>? Floats);

/// <summary>A dimension of a declared shape: a number, a symbol (<c>batch</c>), or neither if free.</summary>
internal readonly record struct OnnxDimension(long? Value, string? Symbol);

/// <summary>An external file with weights.</summary>
/// <param name="Location">Its path as written in the model, not validated.</param>
/// <param name="MinLength">The minimum length that the model's references require, in bytes.</param>
internal readonly record struct OnnxExternalFile(string Location, long MinLength);
