using System.Buffers.Binary;
using System.Text;
using Krewe.Onnx.Building;

namespace Krewe.GraphProcess;

/// <summary>
/// A graph of few nodes with hostile attributes, constants and shapes, and hostile inputs for it: the same for a seed and a number. Which
/// operator comes first follows from the number.
/// </summary>
internal sealed class HostileGraph
{
    private static readonly long[] Integers =
        [0, 1, -1, 2, -2, 3, 7, 100, -100, 4096, 65536, int.MaxValue, int.MinValue, 1L << 31, 1L << 62, long.MinValue, long.MaxValue];

    private static readonly float[] Floats =
        [0, -0f, 1, -1, 0.5f, float.Epsilon, 1e38f, -1e38f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, 1e9f];

    private static readonly Dictionary<string, string[]> Texts = new()
    {
        ["mode"] = ["nearest", "linear", "cubic", "constant", "reflect", "edge", "wrap", "bilinear", "avg", "max", "DCR", "CRD", "TF", "TFIDF"],
        ["direction"] = ["LEFT", "RIGHT", "forward", "reverse", "bidirectional"],
        ["auto_pad"] = ["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"],
        ["equation"] = ["ij,jk->ik", "...ij->...ji", "ii->i", "i,j->ij", "ijk->", "a,a,a->a", "ij->ijij"],
        ["reduction"] = ["none", "add", "mul", "max", "min", "mean", "sum"],
        ["pattern"] = ["(a*)*b", "a", "(.{0,100}){0,100}", "["],
        ["post_transform"] = ["NONE", "SOFTMAX", "LOGISTIC", "PROBIT"],
        ["padding_mode"] = ["zeros", "border", "reflection"],
        ["coordinate_transformation_mode"] = ["half_pixel", "align_corners", "asymmetric", "tf_crop_and_resize", "pytorch_half_pixel"],
    };

    private static readonly string[] OtherTexts = ["", "x", "BRANCH_LEQ", "LEAF", "LINEAR", "RBF", "none", "tanh", "\u001b[31m", "%s%n"];
    private static readonly int[] Opsets = [9, 10, 13, 17, 18, 20, 21, 23, 24];
    private static readonly string[] OfImages = ["Conv", "Pool", "Resize", "Upsample", "Grid", "InstanceNorm", "LRN", "Depth", "Col2Im"];

    /// <summary>The largest size of an axis, but of inputs that are sizes.</summary>
    private const int MaxSize = 5;

    private readonly Random random;
    private readonly ModelBuilder model;
    private readonly List<(string Name, TensorType Type)> values = [];
    private readonly List<Input> inputs = [];
    private readonly List<string> untyped = [];
    private readonly List<string> operators = [];
    private int names;

    /// <summary>Makes a graph.</summary>
    /// <param name="seed">The seed of all graphs.</param>
    /// <param name="number">The number of this one.</param>
    /// <param name="signatures">The operators.</param>
    public HostileGraph(int seed, int number, IReadOnlyList<OperatorSignature> signatures)
    {
        random = new Random(unchecked((seed * 1_000_003) + number));
        var main = signatures[number % signatures.Count];
        var opset = Any(Opsets.Where(opset => main.IsIn(opset) && (opset >= 13 || main.Opset < 0)).ToArray());
        signatures = [.. signatures.Where(signature => signature.IsIn(opset))];
        model = new ModelBuilder("hostile", opset).Ir(opset > 21 ? 10 : 8).Opset("ai.onnx.ml", 3).Opset("com.microsoft", 1).Opset("own", 1);
        if (number % 40 == 0)
        {
            Control(number / 40 % 3);
        }
        else
        {
            Node(main, opset);
        }

        if (Toss(0.4))
        {
            Node(Any(signatures), opset);
        }

        // What is not an output may be left out of the graph.
        foreach (var (name, type) in values.Where(static value => value.Name[0] == 'v'))
        {
            model.Output(name, ValueKind.AnyRank(type));
        }

        untyped.ForEach(name => model.UntypedOutput(name));

        Model = model.ToBytes();
    }

    public byte[] Model { get; }

    /// <summary>The operators of its nodes.</summary>
    public IReadOnlyList<string> Operators => operators;

    /// <summary>Other inputs with each call.</summary>
    public List<HostileInput> Inputs()
    {
        var kind = random.Next(3);
        long[] sizes = [.. Enumerable.Range(0, MaxSize + 1).Select(size => Toss(0.8) ? (long)size : random.Next(MaxSize + 1))];
        return [.. inputs.Select(input =>
        {
            var shape = input.Shape.Select(dimension => dimension < 0 ? sizes[-1 - dimension] : dimension).ToArray();
            return new HostileInput(
                input.Name, input.Type, shape, Data(input.Type, shape.Aggregate(1L, static (product, size) => product * size), kind));
        })];
    }

    /// <summary>The body of a request with binary tensors, and the length of its JSON part.</summary>
    public (byte[] Body, int HeaderLength) Request()
    {
        var given = Inputs();
        var described = given.Select(static input =>
            $$$"""{"name":"{{{input.Name}}}","shape":[{{{string.Join(',', input.Shape)}}}],"datatype":"{{{WireName(input.Type)}}}","parameters":{"binary_data_size":{{{input.Data.Length}}}}}""");
        var header = Encoding.UTF8.GetBytes($$$"""{"inputs":[{{{string.Join(',', described)}}}],"parameters":{"binary_data_output":true}}""");
        return ([.. header, .. given.SelectMany(static input => input.Data)], header.Length);
    }

    private static string WireName(TensorType type) => type switch
    {
        TensorType.Float => "FP32",
        TensorType.Double => "FP64",
        TensorType.Float16 => "FP16",
        TensorType.BFloat16 => "BF16",
        TensorType.String => "BYTES",
        _ => $"{type}".ToUpperInvariant(),
    };

    private static int SizeOf(TensorType type) => type switch
    {
        TensorType.Bool or TensorType.UInt8 or TensorType.Int8 => 1,
        TensorType.UInt16 or TensorType.Int16 or TensorType.Float16 or TensorType.BFloat16 => 2,
        TensorType.Int32 or TensorType.UInt32 or TensorType.Float => 4,
        _ => 8,
    };

    private bool Toss(double probability) => random.NextDouble() < probability;

    private T Any<T>(IReadOnlyList<T> of) => of[random.Next(of.Count)];

    private string NextName(char prefix) => $"{prefix}{names++}";

    private void Node(OperatorSignature signature, int opset)
    {
        var bound = new Dictionary<string, TensorType>();
        TensorType TypeOf(string word)
        {
            if (OperatorSignature.TypeOf(word) is { } type)
            {
                return type;
            }

            if (!bound.TryGetValue(word, out type))
            {
                // ONNX Runtime has kernels of all operators for floats, and few for halves.
                var types = signature.Types.GetValueOrDefault(word) ?? [TensorType.Float];
                type = types.Contains(TensorType.Float) && Toss(0.4) ? TensorType.Float : Any(types);
                bound[word] = type = type is TensorType.Float16 or TensorType.BFloat16 ? Any(types) : type;
            }

            return type;
        }

        var shape = Shape(OfImages.Any(part => signature.Name.Contains(part, StringComparison.Ordinal)) ? random.Next(3, 6) : random.Next(1, 5));
        var taken = new List<string>();
        foreach (var word in signature.Inputs)
        {
            for (var count = word[^1] switch { '*' => random.Next(1, 4), '?' => Toss(0.5) ? 1 : 0, _ => 1 }; count > 0; count--)
            {
                var isSize = OperatorSignature.TypeOf(word.TrimEnd('?', '*')) is TensorType.Int64;
                taken.Add(Value(TypeOf(word.TrimEnd('?', '*')), isSize ? SizeShape(shape.Length) : Toss(0.8) ? shape : Shape(random.Next(0, 5)), isSize));
            }

            if (word[^1] == '?' && taken.Count < Array.IndexOf(signature.Inputs, word) + 1)
            {
                taken.Add("");
            }
        }

        while (taken.Count > 0 && taken[^1].Length == 0)
        {
            taken.RemoveAt(taken.Count - 1);
        }

        var known = bound.Keys.ToHashSet();
        var made = signature.Outputs.Where(word => word[^1] != '?' || Toss(0.3)).Select(word =>
        {
            // What no input binds, attributes do.
            var letter = word.TrimEnd('?', '*');
            var isKnown = known.Contains(letter) || OperatorSignature.TypeOf(letter) is not null;
            return (Name: NextName(isKnown ? 'v' : 'u'), Type: TypeOf(letter));
        }).ToArray();
        AttributeValue[] attributes =
        [
            .. signature.Attributes.Where(attribute => attribute.IsRequired || Toss(0.35)).Select(attribute => Attribute(attribute.Name, attribute.Kind, shape.Length))
                .OfType<AttributeValue>(),
        ];
        operators.Add(signature.Name);
        string[] outputs = [.. made.Select(static output => output.Name)];
        untyped.AddRange(outputs.Where(static output => output[0] == 'u'));
        values.AddRange(made.Where(static output => output.Name[0] == 'v'));
        if (Toss(0.08) && taken.Count > 0 && outputs.Length == 1 && !signature.Name.Contains("::", StringComparison.Ordinal))
        {
            // A function of the file, under a name of its own, or under that of the operator, which it redefines.
            string[] parameters = [.. taken.Select(static (_, i) => $"p{i}")];
            var isOwn = Toss(0.6);
            var name = isOwn ? "own::F" : signature.Name;
            model.Function(name, opset, parameters, ["q"], isOwn
                ? new Subgraph("function").Node(signature.Name, parameters, "q", attributes)
                : new Subgraph("function").Node(Any((string[])["Relu", "Shape", "NonZero"]), [parameters[0]], "q"));
            model.Node(name, [.. taken], outputs);
            operators.Add(isOwn ? "(function)" : "(redefined)");
            return;
        }

        model.Node(signature.Name, [.. taken], outputs, attributes);
    }

    /// <summary>A loop, a condition or a scan.</summary>
    private void Control(int kind)
    {
        var x = Value(TensorType.Float, [2, 3], isSize: false);
        switch (kind)
        {
            case 0:
                operators.Add("Loop");
                model.Node(
                    "Loop", [Toss(0.5) ? Constant(TensorType.Int64, []) : Add(TensorType.Int64, []), "", x], [NextName('w'), NextName('w')],
                    ("body", new Subgraph("body").Input("i", TensorType.Int64).Input("c", TensorType.Bool).Input("a", TensorType.Float, 2, 3)
                        .Node("Identity", ["c"], "d").Node("Tanh", ["a"], "b").Node(Any((string[])["Identity", "Shape"]), ["b"], "s")
                        .Output("d", TensorType.Bool).Output("b", TensorType.Float, 2, 3).UntypedOutput("s")));
                break;
            case 1:
                operators.Add("If");
                Subgraph Branch(string op) => new Subgraph(op).Node(op, [x], $"{op}-y").Output($"{op}-y", TensorType.Float, 2, 3);
                model.Node("If", [Add(TensorType.Bool, [])], NextName('w'), ("then_branch", Branch("Neg")), ("else_branch", Branch("Exp")));
                break;
            default:
                operators.Add("Scan");
                model.Node(
                    "Scan", [x], NextName('w'), ("num_scan_inputs", Any(Integers)),
                    ("body", new Subgraph("body").Input("a", TensorType.Float, 3).Node("Neg", ["a"], "b").Output("b", TensorType.Float, 3)));
                break;
        }

        values.Add(($"{NextName('v')}", TensorType.Float));
        model.Node("Cast", [$"w{names - 2}"], values[^1].Name, ("to", (long)TensorType.Float));
    }

    private long[] Shape(int rank) => [.. Enumerable.Range(0, rank).Select(_ => (long)Any((int[])[1, 2, 2, 3, 3, 4, 0]))];

    private long[] SizeShape(int rank) => random.Next(5) switch
    {
        0 => [],
        1 => [1],
        2 => [2 * rank],
        3 => [random.Next(5)],
        _ => [rank],
    };

    private string Value(TensorType type, long[] shape, bool isSize)
    {
        var known = values.Where(value => value.Type == type).ToList();
        return known.Count > 0 && Toss(0.4) ? Any(known).Name
            : type == TensorType.String || Toss(isSize ? 0.4 : 0.7) ? Add(type, shape)
            : Constant(type, shape);
    }

    /// <summary>An input of the graph, with free dimensions among its own.</summary>
    private string Add(TensorType type, long[] shape)
    {
        var name = NextName('x');
        long[] free = [.. shape.Select(size => size <= MaxSize && Toss(0.5) ? -1 - size : size)];
        model.Input(name, type, [.. free.Select(static size => size < 0 ? (Dimension)$"d{-size}" : size)]);
        inputs.Add(new Input(name, type, free));
        values.Add((name, type));
        return name;
    }

    private string Constant(TensorType type, long[] shape)
    {
        var name = NextName('c');
        var count = shape.Aggregate(1L, static (product, size) => product * size);
        model.Initializer(name, Krewe.Onnx.Building.Constant.FromBytes(type, Data(type, count, random.Next(2)), shape));
        return name;
    }

    /// <summary>Elements: small ones, the largest and the smallest, or any.</summary>
    private byte[] Data(TensorType type, long count, int kind)
    {
        if (type == TensorType.String)
        {
            return [.. Enumerable.Range(0, (int)count).SelectMany(_ =>
            {
                var text = Encoding.UTF8.GetBytes(Any(OtherTexts));
                return BitConverter.GetBytes(text.Length).Concat(text);
            })];
        }

        var size = SizeOf(type);
        var data = new byte[count * size];
        random.NextBytes(data);
        for (var at = 0; at < data.Length && kind < 2; at += size)
        {
            var element = data.AsSpan(at, size);
            var number = kind == 0 ? random.Next(4) : Any(Integers);
            switch (type)
            {
                case TensorType.Float:
                    BinaryPrimitives.WriteSingleLittleEndian(element, kind == 0 ? (random.NextSingle() * 4) - 2 : Any(Floats));
                    break;
                case TensorType.Double:
                    BinaryPrimitives.WriteDoubleLittleEndian(element, kind == 0 ? (random.NextDouble() * 4) - 2 : Any(Floats));
                    break;
                case TensorType.Float16:
                    BinaryPrimitives.WriteHalfLittleEndian(element, (Half)(random.NextSingle() * 4));
                    break;
                case var _ when kind == 1 && Toss(0.3):
                    // The smallest number of the type.
                    element.Clear();
                    element[^1] = 0x80;
                    break;
                default:
                    BitConverter.GetBytes(number).AsSpan(0, size).CopyTo(element);
                    break;
            }
        }

        for (var at = 0; at < data.Length && type == TensorType.Bool; at++)
        {
            data[at] &= 1;
        }

        return data;
    }

    private AttributeValue? Attribute(string name, char kind, int rank)
    {
        long Integer() => Toss(0.6) ? Any((int[])[0, 1, 1, 1, 2, 2, 3]) : Any(Integers);
        var length = name switch
        {
            "pads" => Math.Max(2, 2 * (rank - 2)),
            "kernel_shape" or "strides" or "dilations" or "output_padding" => Math.Max(1, rank - 2),
            "perm" => rank,
            _ => random.Next(1, 5),
        };
        return kind switch
        {
            'i' when name is "to" or "dtype" => AttributeValue.Of(name, Toss(0.9) ? random.Next(1, 17) : Any(Integers)),
            'i' when name is "axis" => AttributeValue.Of(name, Toss(0.7) ? random.Next(-rank, rank) : Any(Integers)),
            'i' => AttributeValue.Of(name, Integer()),
            'f' => AttributeValue.Of(name, Any(Floats)),
            's' => AttributeValue.Of(name, Toss(0.9) && Texts.TryGetValue(name, out var texts) ? Any(texts) : Any(OtherTexts)),
            'I' => AttributeValue.Of(name, [.. Enumerable.Range(0, length).Select(at => name == "perm" ? length - 1 - at : Toss(0.8) ? random.Next(1, 4) : Any(Integers))]),
            'F' => AttributeValue.Of(name, [.. Enumerable.Range(0, length).Select(_ => Any(Floats))]),
            't' => AttributeValue.Of(name, Krewe.Onnx.Building.Constant.FromBytes(TensorType.Float, Data(TensorType.Float, 1, 1), 1)),
            _ => null,
        };
    }

    /// <summary>An input; negative sizes are free dimensions.</summary>
    private sealed record Input(string Name, TensorType Type, long[] Shape);
}

/// <summary>An input of a run.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its element type.</param>
/// <param name="Shape">Its sizes.</param>
/// <param name="Data">Its elements; strings each after their length.</param>
internal sealed record HostileInput(string Name, TensorType Type, long[] Shape, byte[] Data);
