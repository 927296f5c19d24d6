using Google.Protobuf;
using Krewe.Onnx.Protobuf;

namespace Krewe.Onnx.Building;

/// <summary>
/// Builds an ONNX model (IR version 8). The output is deterministic.
/// <code>
/// new ModelBuilder("double")
///     .Input("x", TensorType.Float, "batch", 4)
///     .Initializer("two", [2f])
///     .Node("Mul", ["x", "two"], "y")
///     .Output("y", TensorType.Float, "batch", 4)
///     .Save("model.onnx");
/// </code>
/// </summary>
public sealed class ModelBuilder : GraphBuilder<ModelBuilder>
{
    private const int IrVersion = 8;
    private readonly ModelProto model;

    /// <summary>Starts a model.</summary>
    /// <param name="name">The name of its graph.</param>
    /// <param name="opset">The version of the standard operator set.</param>
    public ModelBuilder(string name, int opset = 17)
        : base(name)
    {
        model = new ModelProto { IrVersion = IrVersion, ProducerName = "krewe", Graph = Graph };
        Opset("", opset);
    }

    /// <summary>Imports another operator set, such as <c>ai.onnx.ml</c>.</summary>
    public ModelBuilder Opset(string domain, int version)
    {
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = domain, Version = version });
        return this;
    }

    /// <summary>Defines an operator, written <c>domain::Operator</c> outside the standard set, by the nodes of a graph.</summary>
    /// <param name="op">The operator.</param>
    /// <param name="opset">The version of the standard operator set that its nodes are of.</param>
    /// <param name="inputs">The names of its inputs in the graph.</param>
    /// <param name="outputs">The names of its outputs in the graph.</param>
    /// <param name="body">The graph; its own inputs, outputs and constants do not count.</param>
    public ModelBuilder Function(string op, int opset, ReadOnlySpan<string> inputs, ReadOnlySpan<string> outputs, Subgraph body)
    {
        var at = op.IndexOf("::", StringComparison.Ordinal);
        var function = new FunctionProto { Domain = at < 0 ? "" : op[..at], Name = at < 0 ? op : op[(at + 2)..] };
        function.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = opset });
        function.Input.AddRange(inputs.ToArray());
        function.Output.AddRange(outputs.ToArray());
        function.Node.Add(body.Graph.Node);
        model.Functions.Add(function);
        return this;
    }

    /// <summary>Sets the IR version of the file format.</summary>
    public ModelBuilder Ir(int version)
    {
        model.IrVersion = version;
        return this;
    }

    /// <summary>Sets the description.</summary>
    public ModelBuilder Description(string text)
    {
        model.DocString = text;
        return this;
    }

    /// <summary>Adds a metadata entry.</summary>
    public ModelBuilder Metadata(string key, string value)
    {
        model.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
        return this;
    }

    /// <summary>The file's bytes, with all constants embedded.</summary>
    public byte[] ToBytes() => model.ToByteArray();

    /// <summary>Writes the model, creating its folder if needed.</summary>
    /// <param name="path">The file to write, usually <c>…/model.onnx</c>.</param>
    /// <param name="externalData">Stores constants of 1 KiB and more in a second file, <c>PATH.data</c>.</param>
    public void Save(string path, bool externalData = false)
    {
        if (Path.GetDirectoryName(path) is { Length: > 0 } folder)
        {
            Directory.CreateDirectory(folder);
        }

        using var file = File.Create(path);
        WithGraph(externalData ? ExternalData.MoveOut(Graph, path + ".data") : Graph).WriteTo(file);
    }

    private ModelProto WithGraph(GraphProto graph)
    {
        if (ReferenceEquals(graph, Graph))
        {
            return model;
        }

        var copy = new ModelProto { IrVersion = model.IrVersion, ProducerName = model.ProducerName, Graph = graph };
        copy.OpsetImport.Add(model.OpsetImport);
        copy.MetadataProps.Add(model.MetadataProps);
        if (model.HasDocString)
        {
            copy.DocString = model.DocString;
        }

        return copy;
    }
}
