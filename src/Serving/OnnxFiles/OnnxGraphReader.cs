using System.Collections.Immutable;

namespace Krewe.Serving.OnnxFiles;

/// <summary>
/// Reads a graph and its subgraphs and keeps their nodes. Every tensor is passed to <paramref name="onTensor"/> (true for an initializer of
/// the main graph), because any of them can refer to an external file.
/// </summary>
internal sealed class OnnxGraphReader(ProtobufReader reader, OnnxDetail detail, Action<OnnxConstant, List<OnnxExternalFile>, bool> onTensor)
{
    /// <summary>
    /// Reads the current field as a graph. For the main graph, inputs and outputs are passed to <paramref name="onValue"/>, which returns
    /// their names.
    /// </summary>
    public OnnxGraph Graph(Func<bool, string>? onValue = null)
    {
        var outer = reader.Enter();
        var (nodes, constants, inputs, outputs) = (new List<OnnxNode>(), new List<OnnxConstant>(), new List<string>(), new List<string>());
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case (1, ProtobufEncoding.Bytes):
                    Keep(nodes, Node());
                    break;
                case (5, ProtobufEncoding.Bytes):
                    Keep(constants, Tensor(onValue is not null));
                    break;
                case (15, ProtobufEncoding.Bytes):
                    Keep(constants, SparseTensor(onValue is not null));
                    break;
                case (11, ProtobufEncoding.Bytes):
                    Keep(inputs, onValue?.Invoke(true) ?? NameOfValue());
                    break;
                case (12, ProtobufEncoding.Bytes):
                    Keep(outputs, onValue?.Invoke(false) ?? NameOfValue());
                    break;
                default:
                    reader.Skip(field);
                    break;
            }
        }

        reader.Leave(outer);
        return new OnnxGraph([.. inputs], [.. outputs], [.. nodes], [.. constants]);
    }

    /// <summary>Reads the current field as a function.</summary>
    public OnnxFunction Function()
    {
        var outer = reader.Enter();
        var (nodes, inputs, outputs, defaults) = (new List<OnnxNode>(), new List<string>(), new List<string>(), new List<OnnxAttribute>());
        var (domain, name, overload) = ("", "", "");
        var opsets = ImmutableDictionary.CreateBuilder<string, long>();
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case (1, ProtobufEncoding.Bytes):
                    name = detail.Text(reader);
                    break;
                case (4, ProtobufEncoding.Bytes):
                    Keep(inputs, detail.Text(reader));
                    break;
                case (5, ProtobufEncoding.Bytes):
                    Keep(outputs, detail.Text(reader));
                    break;
                case (7, ProtobufEncoding.Bytes):
                    Keep(nodes, Node());
                    break;
                case (9, ProtobufEncoding.Bytes):
                    var (set, version) = Opset();
                    opsets[set] = version;
                    break;
                case (10, ProtobufEncoding.Bytes):
                    domain = detail.Text(reader);
                    break;
                case (11, ProtobufEncoding.Bytes):
                    Keep(defaults, Attribute());
                    break;
                case (13, ProtobufEncoding.Bytes):
                    overload = detail.Text(reader);
                    break;
                default:
                    reader.Skip(field);
                    break;
            }
        }

        reader.Leave(outer);
        return new OnnxFunction(
            domain, name, overload, new OnnxGraph([.. inputs], [.. outputs], [.. nodes], []), [.. defaults], opsets.ToImmutable());
    }

    /// <summary>Reads an operator set import: domain (empty for the standard one) and version.</summary>
    public (string Domain, long Version) Opset()
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

        reader.Leave(outer);
        return (Standard(domain), version);
    }

    private static string Standard(string domain) => domain == "ai.onnx" ? "" : domain;

    private void Keep<T>(List<T> parts, T part)
    {
        if (detail.TryKeep())
        {
            parts.Add(part);
        }
    }

    private OnnxNode Node()
    {
        var outer = reader.Enter();
        var (inputs, outputs, attributes) = (new List<string>(), new List<string>(), new List<OnnxAttribute>());
        var (name, op, domain) = ("", "", "");
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case (1, ProtobufEncoding.Bytes):
                    Keep(inputs, detail.Text(reader));
                    break;
                case (2, ProtobufEncoding.Bytes):
                    Keep(outputs, detail.Text(reader));
                    break;
                case (3, ProtobufEncoding.Bytes):
                    name = detail.Text(reader);
                    break;
                case (4, ProtobufEncoding.Bytes):
                    op = detail.Text(reader);
                    break;
                case (5, ProtobufEncoding.Bytes):
                    Keep(attributes, Attribute());
                    break;
                case (7, ProtobufEncoding.Bytes):
                    domain = detail.Text(reader);
                    break;
                default:
                    reader.Skip(field);
                    break;
            }
        }

        reader.Leave(outer);
        return new OnnxNode(name, Standard(domain), op, [.. inputs], [.. outputs], [.. attributes]);
    }

    private OnnxAttribute Attribute()
    {
        var outer = reader.Enter();
        var attribute = new OnnxAttribute("");
        var (integers, floats) = (new List<long>(), new List<float>());
        var fits = true;
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case (7, ProtobufEncoding.Bytes or ProtobufEncoding.Fixed32):
                    fits &= OnnxTensorValues.Singles(reader, field, floats, OnnxLimits.ConstantValues);
                    break;
                case (8, _):
                    fits &= OnnxTensorValues.Numbers(reader, field, integers, OnnxLimits.ConstantValues);
                    break;
                default:
                    attribute = AttributeField(attribute, field);
                    break;
            }
        }

        reader.Leave(outer);
        return attribute with
        {
            Integers = fits && integers.Count > 0 ? [.. integers] : null,
            Floats = fits && floats.Count > 0 ? [.. floats] : null,
        };
    }

    private OnnxAttribute AttributeField(OnnxAttribute attribute, ProtobufField field)
    {
        switch (field)
        {
            case (1, ProtobufEncoding.Bytes):
                return attribute with { Name = detail.Text(reader) };
            case (2, ProtobufEncoding.Fixed32):
                return attribute with { Float = reader.Single() };
            case (3, ProtobufEncoding.Varint):
                return attribute with { Integer = (long)reader.Varint() };
            case (4, ProtobufEncoding.Bytes):
                // Strings of any length are valid here, such as an embedded file.
                return attribute with { Text = reader.TextOrNull() };
            case (5, ProtobufEncoding.Bytes):
                return attribute with { Tensor = Tensor(isMain: false) };
            case (6, ProtobufEncoding.Bytes):
                return attribute with { Graph = Graph() };
            case (10, ProtobufEncoding.Bytes):
                Tensor(isMain: false);
                return attribute;
            case (11, ProtobufEncoding.Bytes):
                Graph();
                return attribute;
            case (21, ProtobufEncoding.Bytes):
                return attribute with { Reference = detail.Text(reader) };
            case (22 or 23, ProtobufEncoding.Bytes):
                SparseTensor(isMain: false);
                return attribute;
            default:
                reader.Skip(field);
                return attribute;
        }
    }

    private string NameOfValue()
    {
        var outer = reader.Enter();
        var name = "";
        while (reader.Next(out var field))
        {
            if (field is (1, ProtobufEncoding.Bytes))
            {
                name = detail.Text(reader);
            }
            else
            {
                reader.Skip(field);
            }
        }

        reader.Leave(outer);
        return name;
    }

    private OnnxConstant Tensor(bool isMain)
    {
        var (tensor, files) = OnnxTensorReader.Read(reader);
        onTensor(tensor, files, isMain);
        detail.TryKeep((tensor.Shape.Length + (tensor.Integers?.Length ?? 0) + (tensor.Floats?.Length ?? 0)) * sizeof(long));
        return tensor;
    }

    // The values tensor carries the name, the indices are a second tensor; both can be external.
    private OnnxConstant SparseTensor(bool isMain)
    {
        var outer = reader.Enter();
        var values = new OnnxConstant("", 0, [], null, null);
        var shape = new List<long>();
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case (1, ProtobufEncoding.Bytes):
                    values = Tensor(isMain);
                    break;
                case (2, ProtobufEncoding.Bytes):
                    Tensor(isMain: false);
                    break;
                case (3, _):
                    OnnxTensorValues.Numbers(reader, field, shape, OnnxLimits.Rank);
                    break;
                default:
                    reader.Skip(field);
                    break;
            }
        }

        reader.Leave(outer);
        return values with { Shape = [.. shape], Integers = null, Floats = null };
    }
}
