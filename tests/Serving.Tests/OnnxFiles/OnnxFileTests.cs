using Krewe.Onnx.Building;
using Krewe.Onnx.Tiny;
using Krewe.Serving.OnnxFiles;
using Krewe.Serving.Tests.Repository;

namespace Krewe.Serving.Tests.OnnxFiles;

public sealed class OnnxFileTests : IDisposable
{
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_signature_has_names_types_and_dimensions_and_no_initializers()
    {
        var summary = Read(TinyModels.Cnn());

        var input = Assert.Single(summary.Inputs);
        Assert.Equal(("x", Abstractions.Tensors.TensorType.Float32, "tensor(float)"), (input.Name, input.Type!.Value, input.Kind));
        Assert.Equal([new OnnxDimension(null, "batch"), new(3, null), new(64, null), new(64, null)], input.Shape!.Value);
        var output = Assert.Single(summary.Outputs);
        Assert.Equal([new OnnxDimension(null, "batch"), new(10, null)], output.Shape!.Value);
        Assert.Equal(("krewe", 17, 8), (summary.ProducerName, summary.OpsetVersion, summary.IrVersion));
        Assert.Empty(summary.ExternalFiles);
    }

    [Theory]
    [InlineData(TensorType.Bool, Abstractions.Tensors.TensorType.Bool)]
    [InlineData(TensorType.UInt8, Abstractions.Tensors.TensorType.UInt8)]
    [InlineData(TensorType.UInt16, Abstractions.Tensors.TensorType.UInt16)]
    [InlineData(TensorType.UInt32, Abstractions.Tensors.TensorType.UInt32)]
    [InlineData(TensorType.UInt64, Abstractions.Tensors.TensorType.UInt64)]
    [InlineData(TensorType.Int8, Abstractions.Tensors.TensorType.Int8)]
    [InlineData(TensorType.Int16, Abstractions.Tensors.TensorType.Int16)]
    [InlineData(TensorType.Int32, Abstractions.Tensors.TensorType.Int32)]
    [InlineData(TensorType.Int64, Abstractions.Tensors.TensorType.Int64)]
    [InlineData(TensorType.Float16, Abstractions.Tensors.TensorType.Float16)]
    [InlineData(TensorType.BFloat16, Abstractions.Tensors.TensorType.BFloat16)]
    [InlineData(TensorType.Float, Abstractions.Tensors.TensorType.Float32)]
    [InlineData(TensorType.Double, Abstractions.Tensors.TensorType.Float64)]
    [InlineData(TensorType.String, Abstractions.Tensors.TensorType.Bytes)]
    public void Every_element_type_is_mapped(TensorType onnx, Abstractions.Tensors.TensorType expected) =>
        Assert.Equal(expected, Read(TinyModels.Identity(onnx, "batch")).Inputs[0].Type);

    [Fact]
    public void A_scalar_has_no_dimensions_and_an_unknown_rank_no_shape()
    {
        Assert.Empty(Read(TinyModels.Identity(TensorType.Float)).Inputs[0].Shape!.Value);

        var anyRank = new ModelBuilder("any").Input("x", ValueKind.AnyRank(TensorType.Float)).Node("Identity", ["x"], "y")
            .Output("y", ValueKind.AnyRank(TensorType.Float));
        Assert.Null(Read(anyRank).Inputs[0].Shape);
    }

    [Fact]
    public void Free_dimensions_may_have_no_name_or_be_written_as_minus_one()
    {
        Assert.Equal([default], Read(TinyModels.Identity(TensorType.Float, Dimension.Free)).Inputs[0].Shape!.Value);

        var shape = Wire.Message(2, Wire.Message(1, Wire.Number(1, -1)));
        var model = Wire.Model([Wire.Message(11, Wire.Text(1, "x"), Wire.Message(2, Wire.Message(1, Wire.Number(1, 1), shape)))]);
        Assert.Equal([default], Read(model).Inputs[0].Shape!.Value);
    }

    [Fact]
    public void What_is_no_tensor_is_reported_as_what_it_is()
    {
        var element = ValueKind.Tensor(TensorType.Float, 2);
        var summary = Read(new ModelBuilder("kinds").Input("s", ValueKind.Sequence(element)).Input("o", ValueKind.Optional(element))
            .Output("y", ValueKind.Sequence(element)));

        Assert.Equal([("s", "sequence"), ("o", "optional")], summary.Inputs.Select(input => (input.Name, input.Kind)));
        Assert.All(summary.Inputs, input => Assert.Null(input.Type));
        var map = Read(Wire.Model([Wire.Message(12, Wire.Text(1, "m"), Wire.Message(2, Wire.Message(5)))]));
        Assert.Equal(("map", null), (map.Outputs[0].Kind, map.Outputs[0].Type));
    }

    [Fact]
    public void An_input_that_is_an_initializer_as_well_is_no_input()
    {
        var summary = Read(new ModelBuilder("old").Input("x", TensorType.Float, 2).Input("w", TensorType.Float, 2)
            .Initializer("w", [1f, 2f], 2).Node("Add", ["x", "w"], "y").Output("y", TensorType.Float, 2));

        Assert.Equal(["x"], summary.Inputs.Select(input => input.Name));
    }

    [Fact]
    public void External_files_are_found_with_the_length_they_must_have()
    {
        var path = folder["model.onnx"];
        TinyModels.Mlp(64, 64, 4).Save(path, externalData: true);

        var file = Assert.Single(OnnxFile.Read(path).ExternalFiles);

        Assert.Equal("model.onnx.data", file.Location);
        Assert.Equal(new FileInfo(path + ".data").Length, file.MinLength);
    }

    public static TheoryData<string, byte[]> Hiding() => new()
    {
        { "initializer", Wire.Model([Wire.External(5, "../a")]) },
        { "values of a sparse initializer", Wire.Model([Wire.Message(15, Wire.External(1, "../a"))]) },
        { "indices of a sparse initializer", Wire.Model([Wire.Message(15, Wire.External(2, "../a"))]) },
        { "attribute t", Wire.Model([Node(Wire.External(5, "../a"))]) },
        { "attribute tensors", Wire.Model([Node(Wire.External(10, "../a"))]) },
        { "attribute sparse_tensor", Wire.Model([Node(Wire.Message(22, Wire.External(1, "../a")))]) },
        { "attribute sparse_tensors", Wire.Model([Node(Wire.Message(23, Wire.External(2, "../a")))]) },
        { "subgraph g", Wire.Model([Node(Wire.Message(6, Wire.External(5, "../a")))]) },
        { "subgraph in graphs", Wire.Model([Node(Wire.Message(11, Node(Wire.Message(6, Wire.External(5, "../a")))))]) },
        { "function node", Wire.Model([], Wire.Message(25, Wire.Message(7, Wire.Message(5, Wire.External(5, "../a"))))) },
        { "function attribute", Wire.Model([], Wire.Message(25, Wire.Message(11, Wire.External(5, "../a")))) },
        { "training initialization", Wire.Model([], Wire.Message(20, Wire.Message(1, Wire.External(5, "../a")))) },
        { "training algorithm", Wire.Model([], Wire.Message(20, Wire.Message(2, Wire.External(5, "../a")))) },
        { "second graph", Wire.Model([], Wire.Message(7, Wire.External(5, "../a"))) },
        { "not marked as external", Wire.Model([Wire.Message(5, Wire.Message(13, Wire.Text(1, "location"), Wire.Text(2, "../a")))]) },
    };

    [Theory]
    [MemberData(nameof(Hiding))]
    public void External_data_is_found_in_every_place_a_tensor_can_be(string where, byte[] model) =>
        Assert.True(Read(model).ExternalFiles is [{ Location: "../a" }], where);

    [Fact]
    public void All_locations_of_one_tensor_count()
    {
        var entries = new[] { "a", "b" }.Select(name => Wire.Message(13, Wire.Text(1, "location"), Wire.Text(2, name)));

        Assert.Equal(["a", "b"], Read(Wire.Model([Wire.Message(5, [.. entries, Wire.Number(14, 1)])])).ExternalFiles.Select(static file => file.Location));
    }

    [Fact]
    public void Weights_are_skipped_without_being_read_into_memory()
    {
        // Half a gigabyte of nothing: the system keeps no blocks for it.
        const long Size = 512L << 20;
        var path = folder["big.onnx"];
        byte[] start = [.. Wire.Varint((5 << 3) | 2), .. Wire.Varint((9 << 3) | 2)];
        byte[] tensor = [.. Wire.Varint((9 << 3) | 2), .. Wire.Varint(Size)];
        byte[] graph = [start[0], .. Wire.Varint((ulong)(tensor.Length + Size)), .. tensor];
        byte[] head = [.. Wire.Varint((7 << 3) | 2), .. Wire.Varint((ulong)(graph.Length + Size)), .. graph];
        using (var file = File.Create(path))
        {
            file.Write(head);
            file.Position = head.Length + Size;
            file.Write(Wire.Message(8, Wire.Number(2, 17)));
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        var summary = OnnxFile.Read(path);

        Assert.Equal(17, summary.OpsetVersion);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    private static byte[] Node(params byte[][] attribute) => Wire.Message(1, Wire.Message(5, attribute));

    private OnnxFileSummary Read(ModelBuilder model) => Read(model.ToBytes());

    private OnnxFileSummary Read(byte[] bytes) => OnnxFile.Read(folder.Write("model.onnx", bytes));
}
