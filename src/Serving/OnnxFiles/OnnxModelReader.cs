using System.Collections.Immutable;

namespace Krewe.Serving.OnnxFiles;

/// <summary>
/// Reads a model (field numbers from onnx.proto, IR version 13). The parts needed for the signature must be present and well-formed; nodes
/// are kept within the limits of <see cref="OnnxDetail"/>.
/// </summary>
internal sealed class OnnxModelReader
{
    private readonly ProtobufReader reader;
    private readonly OnnxGraphReader graphs;
    private readonly OnnxKeptBytes kept = new();
    private readonly OnnxDetail detail = new();
    private readonly List<OnnxValueInfo> inputs = [];
    private readonly List<OnnxValueInfo> outputs = [];
    private readonly HashSet<string> initializers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> externalFiles = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> opsets = new(StringComparer.Ordinal);
    private readonly List<OnnxFunction> functions = [];
    private string producer = "";
    private long irVersion;
    private OnnxGraph? graph;

    public OnnxModelReader(ProtobufReader reader)
    {
        this.reader = reader;
        graphs = new OnnxGraphReader(reader, detail, OnTensor);
    }

    /// <summary>Reads the model. The reader must be at its first byte.</summary>
    public OnnxFileSummary Read()
    {
        var hasOpset = false;
        while (reader.Next(out var field))
        {
            hasOpset |= field is (8, ProtobufEncoding.Bytes);
            ModelField(field);
        }

        // Both are mandatory and adjacent, so a file truncated between two parts lacks one of them.
        if (graph is null || !hasOpset)
        {
            throw new OnnxFileException(
                $"it has no {(graph is not null ? "operator set" : "graph")}: the file is truncated, or not an ONNX model");
        }

        return new OnnxFileSummary
        {
            Inputs = [.. inputs.Where(input => !initializers.Contains(input.Name))],
            Outputs = [.. outputs],
            ExternalFiles = [.. externalFiles.OrderBy(file => file.Key, StringComparer.Ordinal)
                .Select(file => new OnnxExternalFile(file.Key, file.Value))],
            ProducerName = producer,
            IrVersion = irVersion,
            OpsetVersion = opsets.GetValueOrDefault(""),
            Opsets = opsets.ToImmutableDictionary(StringComparer.Ordinal),
            Graph = detail.IsGivenUp ? null : graph,
            Functions = detail.IsGivenUp ? [] : [.. functions],
        };
    }

    private void ModelField(ProtobufField field)
    {
        switch (field)
        {
            case (1, ProtobufEncoding.Varint):
                irVersion = (long)reader.Varint();
                break;
            case (2, ProtobufEncoding.Bytes):
                producer = kept.Add(reader.Text("the producer's name"));
                break;
            case (7, ProtobufEncoding.Bytes):
                MainGraph();
                break;
            case (8, ProtobufEncoding.Bytes):
                var (domain, version) = graphs.Opset();
                kept.Add(domain);
                opsets[domain] = version;
                break;
            case (20, ProtobufEncoding.Bytes):
                Training();
                break;
            case (25, ProtobufEncoding.Bytes):
                var function = graphs.Function();
                if (detail.TryKeep())
                {
                    functions.Add(function);
                }

                break;
            default:
                reader.Skip(field);
                break;
        }
    }

    private void MainGraph()
    {
        if (graph is not null)
        {
            // Protobuf merges repeated messages; no known exporter writes such files, so the graph is not analysed.
            detail.GiveUp();
        }

        graph = graphs.Graph(isInput => isInput ? AddValue(inputs, "input") : AddValue(outputs, "output"));
    }

    private string AddValue(List<OnnxValueInfo> values, string what)
    {
        var value = OnnxValueReader.Read(reader, kept);
        if (value.Name.Length == 0)
        {
            throw new OnnxFileException($"{what} {values.Count + 1} of its graph has no name");
        }

        values.Add(value);
        return value.Name;
    }

    private void OnTensor(OnnxConstant tensor, List<OnnxExternalFile> files, bool isInitializer)
    {
        if (isInitializer && initializers.Add(tensor.Name))
        {
            kept.Add(tensor.Name);
        }

        foreach (var (location, minLength) in files)
        {
            if (!externalFiles.TryGetValue(location, out var known))
            {
                kept.Add(location);
            }

            externalFiles[location] = Math.Max(known, minLength);
        }
    }

    private void Training()
    {
        var outer = reader.Enter();
        while (reader.Next(out var field))
        {
            if (field is (1 or 2, ProtobufEncoding.Bytes))
            {
                graphs.Graph();
            }
            else
            {
                reader.Skip(field);
            }
        }

        reader.Leave(outer);
    }
}
