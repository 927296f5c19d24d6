namespace Krewe.Serving;

/// <summary>
/// Walks a model's parts (field numbers are those of onnx.proto, IR version 13). Only what a signature needs is kept; every place
/// that can hold a tensor is visited, because any tensor can name an external file.
/// </summary>
internal sealed class OnnxModelReader(ProtobufReader reader)
{
    private readonly OnnxKeptBytes kept = new();
    private readonly List<OnnxValueInfo> inputs = [];
    private readonly List<OnnxValueInfo> outputs = [];
    private readonly HashSet<string> initializers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> externalFiles = new(StringComparer.Ordinal);
    private string producer = "";
    private long irVersion;
    private long opsetVersion;
    private bool hasGraph;
    private bool hasOpset;

    /// <summary>Reads the model; the reader stands at its first byte.</summary>
    public OnnxFileSummary Read()
    {
        while (reader.Next(out var field))
        {
            ModelField(field);
        }

        // Both are compulsory and follow each other: a file cut off between two parts has not both.
        if (!hasGraph || !hasOpset)
        {
            throw new OnnxFileException(
                $"it has no {(hasGraph ? "operator set" : "graph")}: the file is cut off, or no ONNX model");
        }

        return new OnnxFileSummary
        {
            Inputs = [.. inputs.Where(input => !initializers.Contains(input.Name))],
            Outputs = [.. outputs],
            ExternalFiles = [.. externalFiles.OrderBy(file => file.Key, StringComparer.Ordinal)
                .Select(file => new OnnxExternalFile(file.Key, file.Value))],
            ProducerName = producer,
            IrVersion = irVersion,
            OpsetVersion = opsetVersion,
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
                hasGraph = true;
                Graph(isMain: true);
                break;
            case (8, ProtobufEncoding.Bytes):
                hasOpset = true;
                Opset();
                break;
            case (20, ProtobufEncoding.Bytes):
                Training();
                break;
            case (25, ProtobufEncoding.Bytes):
                Function();
                break;
            default:
                reader.Skip(field);
                break;
        }
    }

    private void Graph(bool isMain)
    {
        var outer = reader.Enter();
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case (1, ProtobufEncoding.Bytes):
                    Node();
                    break;
                case (5, ProtobufEncoding.Bytes):
                    Tensor(isMain);
                    break;
                case (15, ProtobufEncoding.Bytes):
                    SparseTensor(isMain);
                    break;
                case (11, ProtobufEncoding.Bytes) when isMain:
                    AddValue(inputs, "input");
                    break;
                case (12, ProtobufEncoding.Bytes) when isMain:
                    AddValue(outputs, "output");
                    break;
                default:
                    reader.Skip(field);
                    break;
            }
        }

        reader.Leave(outer);
    }

    private void AddValue(List<OnnxValueInfo> values, string what)
    {
        var value = OnnxValueReader.Read(reader, kept);
        if (value.Name.Length == 0)
        {
            throw new OnnxFileException($"{what} {values.Count + 1} of its graph has no name");
        }

        values.Add(value);
    }

    private void Node()
    {
        var outer = reader.Enter();
        while (reader.Next(out var field))
        {
            if (field is (5, ProtobufEncoding.Bytes))
            {
                Attribute();
            }
            else
            {
                reader.Skip(field);
            }
        }

        reader.Leave(outer);
    }

    private void Attribute()
    {
        var outer = reader.Enter();
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case (5 or 10, ProtobufEncoding.Bytes):
                    Tensor(isInitializer: false);
                    break;
                case (6 or 11, ProtobufEncoding.Bytes):
                    Graph(isMain: false);
                    break;
                case (22 or 23, ProtobufEncoding.Bytes):
                    SparseTensor(isInitializer: false);
                    break;
                default:
                    reader.Skip(field);
                    break;
            }
        }

        reader.Leave(outer);
    }

    private void Tensor(bool isInitializer)
    {
        var tensor = OnnxTensorReader.Read(reader);
        if (isInitializer && initializers.Add(tensor.Name))
        {
            kept.Add(tensor.Name);
        }

        foreach (var (location, minLength) in tensor.ExternalFiles)
        {
            if (!externalFiles.TryGetValue(location, out var known))
            {
                kept.Add(location);
            }

            externalFiles[location] = Math.Max(known, minLength);
        }
    }

    // Values are a tensor with the name of the whole, indices another; both can be external.
    private void SparseTensor(bool isInitializer)
    {
        var outer = reader.Enter();
        while (reader.Next(out var field))
        {
            if (field is (1 or 2, ProtobufEncoding.Bytes))
            {
                Tensor(isInitializer && field.Number == 1);
            }
            else
            {
                reader.Skip(field);
            }
        }

        reader.Leave(outer);
    }

    private void Training()
    {
        var outer = reader.Enter();
        while (reader.Next(out var field))
        {
            if (field is (1 or 2, ProtobufEncoding.Bytes))
            {
                Graph(isMain: false);
            }
            else
            {
                reader.Skip(field);
            }
        }

        reader.Leave(outer);
    }

    private void Function()
    {
        var outer = reader.Enter();
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case (7, ProtobufEncoding.Bytes):
                    Node();
                    break;
                case (11, ProtobufEncoding.Bytes):
                    Attribute();
                    break;
                default:
                    reader.Skip(field);
                    break;
            }
        }

        reader.Leave(outer);
    }

    private void Opset()
    {
        var outer = reader.Enter();
        var (domain, version) = ("", 0L);
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case (1, ProtobufEncoding.Bytes):
                    domain = reader.Text("the domain of an operator set");
                    break;
                case (2, ProtobufEncoding.Varint):
                    version = (long)reader.Varint();
                    break;
                default:
                    reader.Skip(field);
                    break;
            }
        }

        opsetVersion = domain is "" or "ai.onnx" ? version : opsetVersion;
        reader.Leave(outer);
    }
}
