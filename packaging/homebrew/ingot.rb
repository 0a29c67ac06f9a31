# A formula of Homebrew that builds Ingot from a checkout of its source, whatever folder a link to
# this file lies in. It has no homepage, for the project has none, and no release to fetch. It was
# read, not run.
class Ingot < Formula
  desc "Train, fuse and run encoder-decoder Transformers on CPUs"
  license "MIT"  # the models have their own: the README of each
  head "file://#{File.expand_path("../../..", File.realpath(__FILE__))}",
       using: :git, branch: "main"

  depends_on "cmake" => :build
  depends_on "pkgconf" => :build
  depends_on "jansson"
  depends_on "libyaml"
  depends_on "nettle"
  depends_on "protobuf"
  depends_on "sentencepiece"
  depends_on "utf8proc"
  depends_on "xxhash"

  uses_from_macos "expat"
  uses_from_macos "zlib"

  def install
    system "cmake", "-S", ".", "-B", "build", *std_cmake_args
    system "cmake", "--build", "build"
    system "cmake", "--install", "build"
  end

  test do
    model = pkgshare/"models/en-de"
    output = pipe_output("#{bin}/ingot translate -q -m #{model}", "How are you?\n", 0)
    assert_match "Wie", output
  end
end
