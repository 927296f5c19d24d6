using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Serving.OnnxRuntime;

namespace Krewe.Serving.Tests.OnnxRuntime;

public sealed class RunErrorTests
{
    private const string OnDevice = "[ErrorCode:RuntimeException] Non-zero status code returned while running Gemm node. Name:'g' Status Message: "
        + "/src/core/providers/cuda/cuda_call.cc:129 std::conditional_t<THRW, void, onnxruntime::common::Status> onnxruntime::CudaCall(ERRTYPE, "
        + "const char*, const char*, SUCCTYPE, const char*, const char*, int) [with ERRTYPE = cudaError; bool THRW = true; SUCCTYPE = cudaError] ";

    private const string Where = " ; GPU=0 ; hostname=inner-name ; file=/src/core/providers/cuda/cuda_call.cc ; line=82 ; expr=cudaMalloc((void**)&p, size); ";

    private static readonly ModelId Model = new(ModelName.Parse("m"), new ModelVersion(1));

    [Theory]
    [InlineData("[ErrorCode:InvalidArgument] Non-zero status code returned while running Gather node. Name:'g' Status Message: indices element out of data bounds, idx=99 must be within the inclusive range [-4,3]",
        "indices element out of data bounds, idx=99 must be within the inclusive range [-4,3]")]
    [InlineData("[ErrorCode:Fail] Non-zero status code returned while running Div node. Name:'' Status Message: element_wise_ops.cc:692 Compute Integer division by zero",
        "Integer division by zero")]
    [InlineData("[ErrorCode:RuntimeException] Status Message: /src/core/op_kernel.cc:83 virtual X* A::B(int, const C&) [ONNXRuntimeError] : 1 : FAIL : Calculation for Tensor storage size overflowed ",
        "Calculation for Tensor storage size overflowed")]
    [InlineData("[ErrorCode:NoModel] Load model from /home/somebody/models/bad/1/model.onnx failed:Protobuf parsing failed.",
        "Protobuf parsing failed.")]
    [InlineData("[ErrorCode:Fail] Load model from /a b/m.onnx failed:/onnxruntime_src/onnxruntime/core/graph/graph.cc:1587 void onnxruntime::Graph::InitializeStateFromModelFileGraphProto() This is an invalid model. Graph output (nowhere) does not exist in the graph.\n",
        "This is an invalid model. Graph output (nowhere) does not exist in the graph.")]
    [InlineData("[ErrorCode:Fail] Exception during initialization: /onnxruntime_src/onnxruntime/core/providers/cpu/text/string_normalizer.cc:235 onnxruntime::StringNormalizer::Locale::Locale(const std::string&)::<lambda()> Failed to construct locale with name:xx_XX",
        "the file's StringNormalizer needs the locale 'xx_XX', which this machine does not have: install it (on Debian and Ubuntu the package locales, then localedef -i NAME -f UTF-8 NAME.UTF-8 with NAME such as en_US) and start again")]
    [InlineData("[ErrorCode:RuntimeException] Status Message: /src/core/a.h:12 static onnxruntime::common::Status onnxruntime::(anonymous namespace)::Do<int, std::pair<int, long> >(const std::function<void(int)>&) [with T = int] the axis (3) is wrong",
        "the axis (3) is wrong")]
    [InlineData("[ErrorCode:Fail] Status Message: D:/a/_work/1/s/core/a.cc:12 onnxruntime::A::operator()(int, long) const n > 0 was false. n (0) must be greater", "n > 0 was false. n (0) must be greater")]
    [InlineData(OnDevice + "CUDA failure 100: no CUDA-capable device is detected" + Where, "CUDA failure 100: no CUDA-capable device is detected")]
    public void Errors_contain_only_what_a_caller_can_use(string native, string expected) =>
        Assert.Equal(expected, RunError.Describe(new InvalidOperationException(native)));

    [Theory]
    [InlineData("CUDA failure 2: out of memory", KreweErrorCode.Overloaded)]
    [InlineData("CUBLAS failure 3: the resource allocation failed", KreweErrorCode.Overloaded)]
    [InlineData("CUDA failure 700: an illegal memory access was encountered", KreweErrorCode.Unavailable)]
    [InlineData("cuDNN is unavailable or disabled for CUDA Execution Provider: dlopen failed for libcudnn.so", KreweErrorCode.Unavailable)]
    public void A_device_failure_is_not_the_callers_error(string said, KreweErrorCode expected)
    {
        var error = RunError.FromRun(Model, new InvalidOperationException(OnDevice + said + Where));

        Assert.Equal(expected, error.Code);
        Assert.NotNull(error.RetryAfter);
        Assert.DoesNotContain("hostname", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Errors_that_depend_on_the_values_are_the_callers()
    {
        var error = RunError.FromRun(Model, new InvalidOperationException("[ErrorCode:Fail] Status Message: failure 3: of the node ; with nothing"));

        Assert.Equal(KreweErrorCode.InvalidInput, error.Code);
    }
}
