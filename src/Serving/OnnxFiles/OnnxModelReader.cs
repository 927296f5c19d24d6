using System.Collections.Immutable;

namespace Krewe.Serving.OnnxFiles;

/// <summary>
/// Walks a model's parts (field numbers are those of onnx.proto, IR version 13). What a signature needs must be there and well
/// formed; of the nodes as much is kept as <see cref="OnnxDetail"/> allows.
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

    /// <summary>Reads the model; the reader stands at its first byte.</summary>
    public OnnxFileSummary Read()
    {
        var hasOpset = false;
        while (reader.Next(out var field))
        {
            hasOpset |= field is (8, ProtobufEncoding.Bytes);
            ModelField(field);
        }

        // Both are compulsory and follow each other: a file cut off between two parts has not both.
        if (graph is null || !hasOpset)
        {
            throw new OnnxFileException(
                $"it has no {(graph is not null ? "operator set" : "graph")}: the file is cut off, or no ONNX model");
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
            // Protobuf merges a message that comes twice; nobody writes such files, and what they mean is not for us to say.
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
