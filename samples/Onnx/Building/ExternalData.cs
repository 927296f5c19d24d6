using System.Globalization;
using Krewe.Onnx.Protobuf;

namespace Krewe.Onnx.Building;

/// <summary>Moves constants into an external data file beside the model.</summary>
internal static class ExternalData
{
    // Small constants stay embedded, because shape inference reads them. Offsets are page-aligned for memory mapping.
    private const int Threshold = 1024;
    private const long PageSize = 4096;

    /// <summary>Makes the constant refer to <paramref name="location"/>, relative to the model's folder.</summary>
    public static void Point(TensorProto tensor, string location, long offset, long length)
    {
        tensor.DataLocation = TensorProto.Types.DataLocation.External;
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = location });
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = offset.ToString(CultureInfo.InvariantCulture) });
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "length", Value = length.ToString(CultureInfo.InvariantCulture) });
    }

    /// <summary>
    /// Writes the large constants of the graph to <paramref name="path"/> and returns a graph that refers to them. Constants of subgraphs
    /// stay embedded.
    /// </summary>
    public static GraphProto MoveOut(GraphProto graph, string path)
    {
        var moved = new GraphProto { Name = graph.Name };
        moved.Node.Add(graph.Node);
        moved.Input.Add(graph.Input);
        moved.Output.Add(graph.Output);

        using var file = File.Create(path);
        foreach (var tensor in graph.Initializer)
        {
            moved.Initializer.Add(tensor.RawData.Length < Threshold ? tensor : MoveOut(tensor, file));
        }

        return moved;
    }

    private static TensorProto MoveOut(TensorProto tensor, FileStream file)
    {
        file.Position = (file.Position + PageSize - 1) / PageSize * PageSize;
        var pointer = new TensorProto { Name = tensor.Name, DataType = tensor.DataType };
        pointer.Dims.Add(tensor.Dims);
        Point(pointer, Path.GetFileName(file.Name), file.Position, tensor.RawData.Length);
        file.Write(tensor.RawData.Span);
        return pointer;
    }
}
